"""The command line as a contract: help, exit codes, clean stdout, interrupts."""
import json
import os
import re
import signal
import subprocess
import time
import unittest

from e2e.program import PROGRAM, SAMPLES, Workspace, environment, planted, run


def commands(*path):
    """All commands below this one, as their help lists them."""
    outcome = run(*path, "--help", check=0)
    # Up to the empty line: a footer may follow.
    listed = outcome.out.partition("Subcommands:\n")[2].partition("\n\n")[0].splitlines()
    names = [m.group(1) for m in (re.match(r"  ([a-z][a-z-]*)(\s|$)", line) for line in listed) if m]
    found = []
    for name in names:
        found.append((*path, name))
        found += commands(*path, name)
    return found


class Help(unittest.TestCase):
    def test_every_command_explains_itself(self):
        found = commands()
        for name in ("init", "collections", "ingest", "sync", "docs", "search", "ask", "replay", "answers", "verify", "eval",
                     "model", "serve", "doctor", "version"):
            self.assertIn((name,), found)
        self.assertIn(("docs", "extract"), found)
        self.assertGreater(len(found), 30)
        for command in found:
            with self.subTest(" ".join(command)):
                outcome = run(*command, "--help", check=0)
                self.assertEqual(outcome.err, "")
                text = outcome.out.strip().splitlines()
                self.assertGreater(len(text[0]), 10)
                self.assertIn("Usage:", outcome.out)
                # Every option and argument says what it is.
                for line in text:
                    option = re.match(r"  (-[^ ]+)( [A-Z:]+.*?)?(  .*)?$", line)
                    if option:
                        self.assertNotEqual(line.strip(), option.group(1), f"{command}: {line} has no description")

    def test_the_whole_program_explains_itself(self):
        outcome = run("--help", check=0)
        for text in ("Exit codes", "grounds init", "有据"):
            self.assertIn(text, outcome.out)
        self.assertRegex(run("--version", check=0).out, r"\d+\.\d+")
        self.assertIn("version", run("version", "--json", check=0).json)


class Usage(unittest.TestCase):
    def test_wrong_usage_exits_with_2_and_one_line(self):
        for arguments in ([], ["nonsense"], ["search"], ["ask"], ["search", "a", "b"], ["search", "x", "-k", "many"],
                          ["search", "x", "-k", "-1"], ["search", "x", "--nonsense"], ["docs"], ["docs", "nonsense"],
                          ["docs", "show"], ["collections", "create"], ["collections"], ["replay"], ["answers"], ["model"],
                          ["model", "embed"], ["consistency", "x", "-n", "0"], ["docs", "list", "--limit", "0"], ["sync"],
                          ["answers", "list", "--limit", "x"], ["eval"], ["-w"], ["serve", "--listen"]):
            with self.subTest(arguments):
                plain = run(*arguments)
                self.assertEqual((plain.code, plain.out), (2, ""), plain.err)
                self.assertRegex(plain.err, r"\Agrounds: [^\n]+\n\Z")
                coded = run(*arguments, "--json") if arguments[-1:] != ["-w"] else run("--json", *arguments)
                if arguments[-1:] == ["--listen"]:
                    coded = run("--json", *arguments)
                self.assertEqual(coded.code, 2, coded.err)
                self.assertEqual(coded.json["error"]["code"], "usage")

    def test_a_mistyped_command_is_named_with_the_one_that_was_meant(self):
        for arguments, message in ((["serach", "x"], "grounds has no command 'serach' (did you mean: grounds search)"),
                                   (["docs", "lst"], "grounds docs has no command 'lst' (did you mean: grounds docs list)"),
                                   (["nonsense"], "grounds has no command 'nonsense' (see: grounds --help)"),
                                   (["docs"], "grounds docs needs a command (see: grounds docs --help)"),
                                   ([], "grounds needs a command (see: grounds --help)")):
            with self.subTest(arguments):
                self.assertEqual(run(*arguments, check=2).err, f"grounds: {message}\n")

    def test_wrong_values_exit_with_2(self):
        workspace = Workspace()
        self.addCleanup(workspace.close)
        workspace.json("collections", "create", "default", "--model", "none")
        for arguments in (["search", "x", "--mode", "magic"], ["search", "x", "-k", "0"], ["search", "x", "-k", "100000"],
                          ["search", "x", "--as-of", "soon"], ["search", "x", "--as", "ann"], ["ask", "x", "--as", "user:"],
                          ["collections", "create", "a b/c", "--model", "none"], ["collections", "create", ""],
                          ["collections", "create", "x", "--model", "none", "--set", "nonsense=1"],
                          ["collections", "create", "x", "--model", "none", "--set", "novalue"],
                          ["collections", "set", "default", "chunk.tokens=many"], ["ask", "x", "--template", "nonsense@x"],
                          ["ingest", "--jsonl", "-", str(workspace.folder)]):
            with self.subTest(arguments):
                outcome = workspace.run(*arguments, "--json")
                self.assertIn(outcome.code, (2, 3) if "--template" in arguments else (2,), outcome.err)
                self.assertRegex(outcome.err, r"\Agrounds: [^\n]+\n\Z")
                outcome.json["error"]["code"]
        self.assertEqual([c["name"] for c in workspace.json("collections", "list")["collections"]], ["default"])


class Completion(unittest.TestCase):
    def complete(self, *words):
        """What bash offers after these words."""
        script = run("completion", "bash", check=0).out
        script += f"COMP_WORDS=({' '.join(map(repr, words))}); COMP_CWORD={len(words) - 1}; _grounds; echo \"${{COMPREPLY[@]}}\""
        outcome = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True)
        return outcome.stdout.split()

    def test_bash_completes_commands_and_options_where_they_stand(self):
        self.assertEqual(self.complete("grounds", "sea"), ["search"])
        self.assertEqual(sorted(self.complete("grounds", "docs", "")), sorted(c[1] for c in commands() if c[0] == "docs" and len(c) == 2))
        self.assertEqual(self.complete("grounds", "-w", "folder", "docs", "his"), ["history"])
        self.assertEqual(self.complete("grounds", "search", "docs", "--as-"), ["--as-of"])
        self.assertIn("--workspace", self.complete("grounds", "search", "--"))
        self.assertEqual(sorted(self.complete("grounds", "")), sorted(c[0] for c in commands() if len(c) == 1))

    def test_every_shell_has_a_script_and_no_other(self):
        for shell in ("bash", "zsh", "fish"):
            with self.subTest(shell):
                self.assertEqual(run("completion", shell, "--json", check=0).json["script"], run("completion", shell, check=0).out)
        fish = run("completion", "fish", check=0).out
        for path in commands():
            self.assertIn(f" -a {path[-1]} -d ", fish)
        run("completion", "csh", check=2)
        run("completion", check=2)


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)

    def with_documents(self):
        self.workspace.json("collections", "create", "default", "--model", "none")
        for i in range(12):
            self.workspace.write(f"in/n{i}.md", f"# Note {i}\n\nThe kestrel hovers over field number {i}.")
        self.workspace.json("ingest", self.workspace.folder / "in")

    def test_with_json_stdout_is_one_document_and_nothing_else(self):
        self.with_documents()
        answer_id = self.workspace.json("ask", "What does the kestrel do?")["answer_id"]
        jsonl = b'{"uri":"l","text":"About lines."}\n'
        for arguments, stdin in (
                (["init"], b""), (["version"], b""), (["collections", "list"], b""), (["collections", "show", "default"], b""),
                (["collections", "create", "second", "--model", "none"], b""), (["collections", "set", "second", "evidence.max_chunks=5"], b""),
                (["collections", "delete", "second"], b""), (["ingest", self.workspace.folder / "in"], b""),
                (["sync", self.workspace.folder / "in", "--dry-run"], b""), (["ingest", "--jsonl", "-"], jsonl),
                (["docs", "list"], b""), (["docs", "show", "n1.md"], b""), (["docs", "history", "n1.md"], b""),
                (["docs", "extract", "n1.md"], b""), (["docs", "delete", "n11.md"], b""), (["search", "kestrel"], b""),
                (["search", "nothing-like-it"], b""), (["ask", "What does the kestrel do?"], b""), (["replay", answer_id], b""),
                (["answers", "list"], b""), (["answers", "show", answer_id], b""), (["verify"], b""), (["doctor"], b""), (["anchor"], b""),
                (["consistency", "What does the kestrel do?", "-n", "2"], b""), (["model", "list"], b""),
                (["model", "info", "bge-small-en-v1.5"], b"")):
            with self.subTest(" ".join(map(str, arguments[:2]))):
                outcome = self.workspace.run(*arguments, "--json", stdin=stdin)
                self.assertEqual(outcome.code, 0, outcome.err)
                self.assertTrue(outcome.out.endswith("}\n"))
                self.assertEqual(outcome.out.count("\n"), 1)
                self.assertIsInstance(outcome.json, dict)
                self.assertEqual(outcome.err, "")

    def test_options_may_stand_before_and_after_the_command(self):
        self.with_documents()
        path = str(self.workspace.path)
        outcomes = [run("--json", "-w", path, "docs", "list").out, run("docs", "--json", "list", "-w", path).out,
                    run("docs", "list", "--workspace", path, "--json").out]
        self.assertEqual(len(set(outcomes)), 1)

    def test_the_workspace_comes_from_the_flag_else_the_environment_else_the_data_folder(self):
        folder = self.workspace.folder
        run("init", env={"GROUNDS_WORKSPACE": str(folder / "by-variable")}, check=0)
        self.assertTrue((folder / "by-variable" / "catalog.db").exists())
        run("init", env={"XDG_DATA_HOME": str(folder / "data")}, check=0)
        self.assertTrue((folder / "data" / "grounds" / "default" / "catalog.db").exists())
        env = {k: "" for k in ("XDG_DATA_HOME", "GROUNDS_WORKSPACE")}
        run("init", env={**env, "HOME": str(folder / "home")}, check=0)
        self.assertTrue((folder / "home" / ".local" / "share" / "grounds" / "default" / "catalog.db").exists())
        made = run("init", "--json", workspace=folder / "by-flag", env={"GROUNDS_WORKSPACE": str(folder / "not-this")})
        self.assertEqual((made.code, (folder / "by-flag").exists(), (folder / "not-this").exists()), (0, True, False))

    def test_a_second_init_changes_nothing_and_says_so(self):
        self.with_documents()
        settings = self.workspace.path / "grounds.toml"
        settings.write_text(settings.read_text() + "\n# mine\n")
        before = self.workspace.run("docs", "list", "--json").out
        again = self.workspace.run("init", check=0)
        self.assertIn("exists", again.out)
        self.assertEqual(self.workspace.json("init")["workspace"], str(self.workspace.path))
        self.assertEqual(self.workspace.run("docs", "list", "--json").out, before)
        self.assertIn("# mine", settings.read_text())

    def test_what_is_not_there_exits_with_3(self):
        self.with_documents()
        for arguments in (["replay", "01ARZ3NDEKTSV4RRFFQ69G5FAV"], ["answers", "show", "01ARZ3NDEKTSV4RRFFQ69G5FAV"],
                          ["replay", "x"], ["answers", "show", ""], ["docs", "show", "no.md"], ["docs", "delete", "no.md"],
                          ["docs", "extract", "no.md"], ["docs", "history", "no.md"], ["collections", "show", "no"],
                          ["collections", "delete", "no"], ["collections", "set", "no", "a=b"], ["search", "x", "-c", "no"],
                          ["search", "x", "--as-of", "99999"]):
            with self.subTest(arguments):
                outcome = self.workspace.run(*arguments, "--json", check=3)
                self.assertEqual(outcome.json["error"]["code"], "not_found")
                self.assertRegex(outcome.err, r"\Agrounds: [^\n]+\n\Z")

    def test_require_exits_with_1_where_nothing_is_found(self):
        self.with_documents()
        self.workspace.run("search", "kestrel", "--require", check=0)
        self.assertEqual(self.workspace.run("search", "unheard-of", "--require", "--json", check=1).json["results"], [])
        self.workspace.run("search", "unheard-of", check=0)
        self.workspace.run("ask", "Who is the president of Atlantis?", "--require", check=1)

    def test_a_wrong_setting_is_named_with_file_and_line(self):
        settings = self.workspace.path / "grounds.toml"
        for text, line, word in (("[server]\nlisten = \"127.0.0.1:0\"\nlisen = \"x\"\n", 3, "server.lisen"),
                                 ("\n\n[servr]\n", 3, "servr"), ("[server]\nlisten = 8080\n", 2, "server.listen"),
                                 ("[answer]\nreuse = \"yes\"\n", 2, "answer.reuse"), ("[answer\n", 1, ""),
                                 ("[embedding]\nprecision = \"int3\"\n", 2, "embedding.precision"),
                                 ("[ingest]\ncommit_chunks = -1\n", 2, "ingest.commit_chunks"),
                                 ("[[access]]\npath = \"a/**\"\ngroup = [\"x\"]\n", 3, "access.group"),
                                 ("[backends.x]\nkind = \"magic\"\n", 1, "backends.x.kind")):
            with self.subTest(text):
                settings.write_text(text)
                outcome = self.workspace.run("search", "x", "--json", check=2)
                self.assertEqual(outcome.json["error"]["code"], "usage")
                self.assertIn(f"grounds.toml, line {line}: ", outcome.err)
                self.assertIn(word, outcome.err)
                self.assertRegex(outcome.err, r"\Agrounds: [^\n]+\n\Z")

    def test_a_wrong_environment_variable_is_named(self):
        for name, value in (("GROUNDS_ANSWER_REUSE", "maybe"), ("GROUNDS_INGEST_COMMIT_CHUNKS", "few"),
                            ("GROUNDS_INGEST_COMMIT_CHUNKS", "-3"), ("GROUNDS_EMBEDDING_PRECISION", "int3")):
            outcome = self.workspace.run("doctor", "--json", env={name: value}, check=2)
            self.assertIn(name, outcome.json["error"]["message"])

    def test_a_reader_that_goes_away_does_no_harm(self):
        self.with_documents()
        for arguments in (["docs", "list"], ["search", "kestrel", "-k", "1000"], ["ask", "kestrel?"], ["--help"],
                          ["docs", "extract", "n1.md"], ["model", "list", "--json"]):
            with self.subTest(arguments[0]):
                reading, writing = os.pipe()
                os.close(reading)
                done = subprocess.run([PROGRAM, "-w", str(self.workspace.path), *arguments], stdout=writing,
                                      stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment(), timeout=60)
                os.close(writing)
                self.assertEqual((done.returncode, done.stderr), (141, b""))
        self.workspace.run("doctor", check=0)

    def test_a_full_standard_output_is_no_success(self):
        self.with_documents()
        with open("/dev/full", "wb") as full:
            for arguments in (["docs", "list"], ["search", "kestrel"], ["docs", "extract", "n1.md"], ["version"], ["--help"]):
                with self.subTest(arguments):
                    done = subprocess.run([PROGRAM, "-w", str(self.workspace.path), *arguments], stdout=full,
                                          stderr=subprocess.PIPE, env=environment(), timeout=60)
                    self.assertEqual(done.returncode, 7, done.stderr)
                    self.assertRegex(done.stderr.decode(), r"\Agrounds: [^\n]+\n\Z")

    def test_output_holds_no_escapes_off_a_terminal_whatever_documents_say(self):
        self.workspace.json("collections", "create", "default", "--model", "none")
        self.workspace.write("in/a.txt", "kestrel \x1b[31mred\x1b[0m \x07bell \x9b5n " + "and more words " * 40)
        self.workspace.write("in/\x1b[31mname.txt", "kestrel in a file of an odd name")
        self.workspace.json("ingest", self.workspace.folder / "in")
        for arguments in (["docs", "list"], ["search", "kestrel"], ["ask", "kestrel"], ["docs", "show", "a.txt"]):
            with self.subTest(arguments):
                outcome = self.workspace.run(*arguments, check=0)
                self.assertNotRegex(outcome.out + outcome.err, "[\x00-\x08\x0b-\x1f\x7f\x9b]")


class Interrupt(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        for i in range(400):
            words = " ".join(f"word{(i * 7 + j) % 997}" for j in range(300))
            self.workspace.write(f"in/n{i:03}.md", f"# Note {i}\n\n{planted(i)} {words}")

    def start(self, *arguments, **more):
        env = environment({"GROUNDS_INGEST_COMMIT_CHUNKS": "16", **more})
        return subprocess.Popen([PROGRAM, "-w", str(self.workspace.path), *arguments, "--json"], env=env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def generation(self):
        return self.workspace.json("collections", "show", "default")["generation"]

    def test_ctrl_c_stops_an_ingest_and_the_same_command_completes_it(self):
        self.workspace.json("collections", "create", "default", "--model", "none")
        for number, times in ((signal.SIGINT, 1), (signal.SIGTERM, 1), (signal.SIGINT, 2)):
            with self.subTest(number=number, times=times):
                before = self.generation()
                process = self.start("ingest", str(self.workspace.folder / "in"))
                while self.generation() == before and process.poll() is None:
                    pass
                for _ in range(times):
                    process.send_signal(number)
                    time.sleep(0.01 * (times - 1))
                out, err = process.communicate(timeout=60)
                if times == 1:
                    report = json.loads(out)
                    self.assertTrue(report["interrupted"] or process.returncode == 0)
                self.assertIn(process.returncode, (0, 130), err)
                self.workspace.run("doctor", check=0)
        report = self.workspace.json("ingest", self.workspace.folder / "in")
        self.assertFalse(report["interrupted"])
        self.assertEqual(len(self.workspace.json("docs", "list")["documents"]), 400)
        for i in (0, 123, 399):
            found = self.workspace.json("search", planted(i), "--mode", "lexical")["results"]
            self.assertEqual([r["uri"] for r in found], [f"n{i:03}.md"])
        self.workspace.json("doctor", "--fix")
        self.assertEqual(self.workspace.json("doctor")["findings"], [])

    def test_an_interrupted_job_does_not_say_that_it_is_done(self):
        self.workspace.json("collections", "create", "default", "--model", "none")
        process = self.start("ingest", str(self.workspace.folder / "in"))
        while self.generation() == 0 and process.poll() is None:
            pass
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        report = json.loads(out)
        if report["documents"]["added"] < 400:
            self.assertTrue(report["interrupted"])
            self.assertEqual(process.returncode, 130)


class Evaluation(unittest.TestCase):
    def test_a_beir_folder_is_ingested_and_scored(self):
        workspace = Workspace(init=False)
        self.addCleanup(workspace.close)
        birds = {"d1": "The kestrel hovers over fields.", "d2": "The heron stands in water.", "d3": "Goshawks hunt in woods."}
        workspace.write("set/corpus.jsonl", "".join(json.dumps({"_id": k, "title": "", "text": v}) + "\n" for k, v in birds.items()))
        workspace.write("set/queries.jsonl", '{"_id":"q1","text":"kestrel hovering"}\n{"_id":"q2","text":"heron in water"}\n')
        workspace.write("set/qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t1\n")
        first = workspace.json("eval", "--beir", workspace.folder / "set", "--mode", "lexical", "--model", "none")
        self.assertEqual((first["queries"], first["ndcg@10"], first["recall@100"], first["mrr@10"]), (2, 1, 1, 1))
        again = workspace.json("eval", "--beir", workspace.folder / "set", "--mode", "lexical", "--model", "none")
        self.assertEqual(again["generation"], first["generation"])

    def test_pages_of_evidence_are_looked_for_among_the_results(self):
        workspace = Workspace()
        self.addCleanup(workspace.close)
        workspace.json("collections", "create", "default", "--model", "none")
        workspace.json("ingest", SAMPLES / "formats" / "report.pdf")
        last = workspace.json("search", "head count")["results"][0]
        page = last["page_from"]
        questions = workspace.write("questions.jsonl", '{"_id": "q1", "text": "head count"}\n'
                                    '{"_id": "q2", "text": "qwertyuiop"}\n{"_id": "q3", "text": ""}\n')
        evidence = workspace.write("evidence.tsv", f"query-id\tdoc_name\tpage\nq1\treport\t{page}\nq2\treport.pdf\t1\n"
                                   "q2\tnowhere\t1\nq3\tnowhere\t1\nq9\tnowhere\t1\n")
        report = workspace.json("eval", "pages", questions, evidence, "-k", 50, "--per-query")
        self.assertEqual((report["queries"], report["page_hit"]["count"], report["document_hit"]["count"]), (2, 1, 1))
        self.assertEqual([each["query"] for each in report["per_query"]], ["q1", "q2"])
        self.assertIsNone(report["per_query"][1]["page_rank"])
        self.assertEqual({f["kind"] for f in report["input"]["findings"]}, {"empty_query", "unknown_query", "unknown_document"})
        zero = workspace.write("zero.tsv", f"query-id\tdoc_name\tpage_index0\nq1\treport\t{page - 1}\n")
        self.assertEqual(workspace.json("eval", "pages", questions, zero, "-k", 50)["page_hit"]["count"], 1)
        self.assertIn("its document first", workspace.run("eval", "pages", questions, evidence, check=0).out)
        strangers = workspace.write("strangers.tsv", "query-id\tdoc_name\tpage\nq1\tnowhere\t1\n")
        self.assertIn("none of the documents", workspace.run("eval", "pages", questions, strangers, check=5).err)
        for arguments, code in ((["nothing.jsonl", evidence], 3), ([questions, questions], 5), ([questions], 2),
                                ([questions, evidence, "-c", "nowhere"], 3), ([questions, evidence, "-k", "0"], 2),
                                ([questions, evidence, "--mode", "magic"], 2), ([questions, evidence, "--set", "a"], 2)):
            with self.subTest(arguments):
                workspace.run("eval", "pages", *arguments, check=code)


class Samples(unittest.TestCase):
    def test_the_printed_answer_is_for_people(self):
        workspace = Workspace()
        self.addCleanup(workspace.close)
        workspace.json("collections", "create", "default", "--model", "none")
        workspace.json("ingest", SAMPLES / "docs" / "policies")
        outcome = workspace.run("ask", "What is the current limit for a hotel night in London?", check=0)
        self.assertRegex(outcome.out, r"\[1\]")
        self.assertRegex(outcome.out, r"\nanswer [0-9A-Z]{26} · ")
        self.assertEqual(outcome.err, "")
