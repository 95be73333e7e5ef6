# The compile rules that every target of the project shares, and the functions that declare targets.
# A folder's CMakeLists.txt calls these and lists its sources; it sets no flags of its own.

add_library(grounds_rules INTERFACE)
target_include_directories(grounds_rules INTERFACE
  ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
# -ffp-contract=off: scores are the same on every CPU only if no multiply-add is fused (design, law 1).
target_compile_options(grounds_rules INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  -ffp-contract=off -fvisibility=hidden)
# g++ 12 warns of overlapping copies in std::string's own operator+ (GCC bug 105329).
target_compile_options(grounds_rules INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
target_compile_definitions(grounds_rules INTERFACE
  GROUNDS_VERSION="${PROJECT_VERSION}" $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
if(GROUNDS_SANITIZE)
  target_compile_options(grounds_rules INTERFACE
    -fsanitize=${GROUNDS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(grounds_rules INTERFACE -fsanitize=${GROUNDS_SANITIZE})
endif()

# grounds_library(NAME SOURCES a.cpp ... LINKS lib ...): one static library of the project.
function(grounds_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC grounds_rules ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
endfunction()

# grounds_program(NAME SOURCES a.cpp ... LINKS lib ...): one executable, placed at the build root.
function(grounds_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE grounds_rules ${ARG_LINKS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

# grounds_test(NAME SOURCES a_test.cpp ... LINKS lib ...): one doctest program, registered with ctest.
function(grounds_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE grounds_rules grounds_test_main ${ARG_LINKS})
  # What is tested is optimised; the test's own code is compiled more often than it is run.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  if(ARG_LABELS)
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}")
  else()
    set_tests_properties(${name} PROPERTIES LABELS fast)
  endif()
endfunction()
