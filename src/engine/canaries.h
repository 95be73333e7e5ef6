// Whether a model still gives the vectors that it gave when a space was last written to.
#pragma once

#include "embedding/encoder.h"
#include "grounds/result.h"
#include "index/generation/workspace.h"

namespace grounds {

// Compares the encoder's canary with the last one recorded for its identity. Codes that differ because of another
// processor or library are a warning in the log: rankings may differ in near ties. kRefused for a served model
// that has drifted. Nothing recorded yet: nothing to say.
Status compare_with_recorded(Workspace& workspace, const Encoder& encoder);

}  // namespace grounds
