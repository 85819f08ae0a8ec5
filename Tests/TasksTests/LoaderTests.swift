import Basics
import Foundation
import Specs
import Tasks
import TestSupport
import Testing

@Suite struct LoaderTests {
  let folder: DataFolder

  init() throws { folder = try DataFolder() }

  @Test func `a JSON line becomes an example`() throws {
    let file = try folder.write(
      "a.jsonl",
      """
      {"text": "Sales \\u00e9\\ud83d\\ude00 \\"rose\\"\\n", "label": "positive", "n": {"deep": [1, {}]}}

      { "label" : "negative" , "text" : "Sales fell." }\r
      """)
    #expect(
      try folder.load(.whole(file)) == [
        Example(text: "Sales é😀 \"rose\"\n", target: .label(2)),
        Example(text: "Sales fell.", target: .label(0)),
      ])
  }

  @Test func `CSV with quotes, line breaks, CRLF and a byte order mark is read`() throws {
    let text =
      "\u{feff}label,text\r\npositive,\"up, \"\"much\"\"\r\nand more\"\r\n\r\nnegative,down\r\nneutral,flat"
    let file = try folder.write("a.csv", text)
    #expect(
      try folder.load(.whole(file)) == [
        Example(text: "up, \"much\"\r\nand more", target: .label(2)),
        Example(text: "down", target: .label(0)), Example(text: "flat", target: .label(1)),
      ])
  }

  @Test func `templates join columns, pairs and braces`() throws {
    let file = try folder.write(
      "a.jsonl", #"{"text": "Gold rose", "year": 2016, "question": "Up?", "label": "neutral"}"#)
    let task = TaskSpec.whole(file, text: "{{{year}}} {text} [SEP] {question}", pair: "Q: {question}")
    #expect(
      try folder.load(task) == [
        Example(text: "{2016} Gold rose [SEP] Up?", pair: "Q: Up?", target: .label(1))
      ])
  }

  @Test func `numbers and truth values are labels by their text`() throws {
    let file = try folder.write(
      "a.jsonl", #"{"text": "a", "label": 1}"# + "\n" + #"{"text": "b", "label": true}"#)
    var task = TaskSpec.whole(file)
    task.labels = ["true", "1"].map { LabelSpec(name: $0, description: $0) }
    #expect(try folder.load(task).map(\.target) == [.label(1), .label(0)])
  }

  @Test func `regression takes numbers and numeric text`() throws {
    let file = try folder.write(
      "a.jsonl", #"{"text": "a", "score": -0.25e1}"# + "\n" + #"{"text": "b", "score": " 3 "}"#)
    var task = TaskSpec.whole(file)
    task.kind = .regression
    task.target = "score"
    #expect(try folder.load(task).map(\.target) == [.number(-2.5), .number(3)])
  }

  @Test(arguments: ["jsonl", "csv"]) func `tagging reads words and tags`(format: String) throws {
    let json = #"{"tokens": ["Ada", "Byron", "sold"], "tags": ["B-PER", "I-PER", "O"]}"#
    let csv = "tokens,tags\nAda Byron sold,B-PER I-PER O\n"
    let file = try folder.write("a.\(format)", format == "csv" ? csv : json)
    #expect(
      try folder.load(tagging(file)) == [
        Example(text: "Ada Byron sold", words: ["Ada", "Byron", "sold"], target: .tags([1, 2, 0]))
      ])
  }

  private func tagging(_ file: DataFile) -> TaskSpec {
    var task = TaskSpec.whole(file, text: "{tokens}")
    task.kind = .tagging
    task.target = "tags"
    task.labels = ["O", "B-PER", "I-PER"].map { LabelSpec(name: $0, description: $0) }
    return task
  }

  // MARK: limits and held-out validation data

  private func numbered(_ counts: [(String, Int)]) throws -> DataFile {
    var lines: [String] = []
    for (label, count) in counts {
      lines += (0..<count).map { #"{"text": "\#(label) \#($0)", "label": "\#(label)"}"# }
    }
    return try folder.write("n.jsonl", lines.joined(separator: "\n"))
  }

  private func sizes(_ examples: [Example]) -> [Int] {
    (0..<3).map { label in examples.count { $0.target == .label(label) } }
  }

  @Test func `a limit keeps the balance, the order and every class`() throws {
    var task = TaskSpec.whole(try numbered([("negative", 2), ("neutral", 60), ("positive", 38)]))
    task.limits = ["train": 10]
    let all = try folder.load(task, .validation)
    let some = try folder.load(task)
    #expect(sizes(some) == [1, 6, 3])
    #expect(some == all.filter(some.contains))
    #expect(try folder.load(task) == some)
    task.name = "other"
    #expect(try folder.load(task) != some)
  }

  @Test(arguments: [1, 2, 3, 7, 50, 99, 100, 1000]) func `a limit is met exactly`(limit: Int) throws {
    var task = TaskSpec.whole(try numbered([("negative", 1), ("neutral", 61), ("positive", 38)]))
    task.limits = ["train": limit]
    #expect(try folder.load(task).count == min(limit, 100))
  }

  @Test func `validation data is held out of train once and for all`() throws {
    let file = try numbered([("negative", 1), ("neutral", 60), ("positive", 39)])
    var task = TaskSpec.sentiment(["train": file], fraction: 0.2)
    let train = try folder.load(task)
    let validation = try folder.load(task, .validation)
    #expect(train.count == 80 && validation.count == 20)
    #expect(Set(train).isDisjoint(with: validation))
    #expect(sizes(train) == [1, 48, 31] && sizes(validation) == [0, 12, 8])
    task.limits = ["train": 10]
    #expect(try folder.load(task, .validation) == validation)
    #expect(Set(try folder.load(task)).isSubset(of: train))
  }

  // MARK: errors

  @Test func `all problems of a file are told at once`() throws {
    let file = try folder.write(
      "a.jsonl",
      """
      {"text": "fine", "label": "positive"}
      {"text": "x", "label": "postive"}
      {"text": "x" "label": "positive"}
      {"text": " ", "label": "positive"}
      {"text": "x", "label": null}
      {"text": ["x"], "label": "neutral"}
      {"text": "x", "label": "neutral"} x
      {"label": "neutral", "txt": "x"}
      {"txt": "x"}
      """)
    #expect(
      folder.complaint(.whole(file)) == """
        a.jsonl:2: error: 2 unknown labels ('postive', '') of task 'fpb', in 2 of 5 rows
          all labels of the file are ["", neutral, positive, postive]: list them under 'labels', or mend those that are \
        misspelt
        a.jsonl:3:14: error: not valid JSON: expected ',' or '}'
          each line holds one object, for instance {"text": "…", "label": "…"}
        a.jsonl:4: error: empty text in 'text'
          fill it in or remove the line
        a.jsonl:6: error: column 'text' holds no text
          give a string or a number
        a.jsonl:7:35: error: not valid JSON: text after the object
          each line holds one object, for instance {"text": "…", "label": "…"}
        a.jsonl:8: error: no column 'text', which task 'fpb' reads
          did you mean 'txt'? there are: label, txt; the same in line 9
        a.jsonl:9: error: no column 'label', which task 'fpb' reads
          there are: txt
        """)
  }

  @Test func `a mistake of many rows is told once, with its first lines and a count`() throws {
    let rows = (0..<30).map { $0 % 3 == 0 ? "{}}" : #"{"text": "a", "label": "neutral"}"# }
    let file = try folder.write("a.jsonl", rows.joined(separator: "\n"))
    #expect(
      folder.complaint(.whole(file)) == """
        a.jsonl:1:3: error: not valid JSON: text after the object
          each line holds one object, for instance {"text": "…", "label": "…"}; the same in lines 4, 7, 10, 13, 16 and \
        4 more
        """)
  }

  @Test func `twenty kinds of mistakes are enough, and the others are counted`() throws {
    let rows = (0..<30).map { #"{"text": "a", "score": "x\#($0)"}"# }
    let file = try folder.write("a.jsonl", rows.joined(separator: "\n"))
    var task = TaskSpec.whole(file)
    task.kind = .regression
    task.target = "score"
    let lines = folder.complaint(task).split(separator: "\n")
    #expect(lines.count == 40)
    #expect(lines[39] == "  write it in plain decimal, as 0.25, -3 or 1e-3; 10 more rows with other mistakes")
  }

  static let malformed: [(String, String)] = [
    ("7", "1: error: not valid JSON: expected '{'"),
    (#"{"a": 01}"#, "7: error: not valid JSON: malformed number"),
    (#"{"a": -}"#, "7: error: not valid JSON: malformed number"),
    (#"{"a": tru}"#, "7: error: not valid JSON: expected a value"),
    (#"{"a": "b}"#, "7: error: not valid JSON: a string without its closing quote"),
    (#"{"a": "\x"}"#, "8: error: not valid JSON: unknown escape"),
    (#"{"a": "\u12g4"}"#, "10: error: not valid JSON: expected four hexadecimal digits"),
    ("{\"a\": \"\t\"}", "8: error: not valid JSON: a control character in a string; write it as an escape"),
    (#"{"a": 1,}"#, "9: error: not valid JSON: expected a name in double quotes"),
    (#"{"é" 1}"#, "6: error: not valid JSON: expected ':' after the name 'é'"),
    (#"{"a": 1, "a": 2}"#, "10: error: not valid JSON: 'a' stands twice"),
    (#"{"a":"#, "6: error: not valid JSON: the text ends early"),
    (
      #"{"a": "# + String(repeating: "[", count: 140) + String(repeating: "]", count: 140) + "}",
      "134: error: not valid JSON: more than 128 levels"
    ),
  ]

  @Test(arguments: malformed) func `malformed JSON is pointed at`(line: String, message: String) throws {
    let file = try folder.write("a.jsonl", line)
    let hint = #"  each line holds one object, for instance {"text": "…", "label": "…"}"#
    #expect(folder.complaint(.whole(file)) == "a.jsonl:1:\(message)\n\(hint)")
  }

  @Test func `bytes that are not UTF-8 are an error of their line`() throws {
    let lines = [Array("{\"text\": \"x\", \"label\": \"neutral\"}\n".utf8), [0x7b, 0xff, 0x7d]]
    let file = try folder.write("a.jsonl", lines.flatMap { $0 })
    #expect(folder.complaint(.whole(file)) == "a.jsonl:2: error: not UTF-8\n  save the file as UTF-8")
  }

  static let badCSV: [(String, String)] = [
    (
      "text,label\nx\n",
      """
      2: error: the header names 2 columns, but the number of fields is 1
        put a field that holds a comma into double quotes
      """
    ),
    (
      "text,label\n\"x,neutral\n",
      "2: error: a field without its closing quote\n  close the quote that opens here"
    ),
    (
      "text,label\n\"x\"y,neutral\n",
      "2: error: text behind the closing quote of a field\n  double the quotes inside a field"
    ),
    (
      "text,label\n\nx \"y\",neutral\n",
      """
      3: error: a quote inside a field without quotes
        put the whole field into double quotes and double the inner ones
      """
    ),
    ("text,text\nx,neutral\n", "1: error: column 'text' stands twice\n  rename one of them"),
    (
      "text,label\n\"x\ny\",neutral\n\"z\",neutrl\n",
      "4: error: unknown label 'neutrl' of task 'fpb'\n  did you mean 'neutral'?"
    ),
  ]

  @Test(arguments: badCSV) func `malformed CSV is pointed at`(text: String, message: String) throws {
    let file = try folder.write("a.csv", text)
    #expect(folder.complaint(.whole(file)) == "a.csv:\(message)")
  }

  @Test func `tags must match words and the list`() throws {
    let file = try folder.write(
      "a.jsonl",
      """
      {"tokens": ["a", "b"], "tags": ["O"]}
      {"tokens": ["a", "b"], "tags": ["O", "B-PRE"]}
      {"tokens": [], "tags": []}
      {"tokens": [["a"]], "tags": ["O"]}
      {"tokens": ["a"], "tags": 3}
      """)
    #expect(
      folder.complaint(tagging(file)) == """
        a.jsonl:1: error: 1 tags for 2 words
          give each word one tag
        a.jsonl:2: word 2 'b': error: unknown tag 'B-PRE' of task 'fpb'
          did you mean 'B-PER'?
        a.jsonl:3: error: empty text in 'tokens'
          fill it in or remove the line
        a.jsonl:4: error: column 'tokens' holds no words
          give a list of strings
        a.jsonl:5: error: column 'tags' holds no tags
          give a list of strings
        """)
    var task = tagging(file)
    task.text = "{tokens}."
    #expect(
      folder.complaint(task) == """
        error: the template "{tokens}." of tagging task 'fpb' is not one column
          name the column of the words: "{tokens}"
        """)
  }

  @Test(arguments: [("\"nan\"", " 'nan'"), ("\"x\"", " 'x'"), ("[1]", ""), ("true", " 'true'")])
  func `what is not a number is told`(written: String, shown: String) throws {
    let file = try folder.write("a.jsonl", #"{"text": "a", "label": \#(written)}"#)
    var task = TaskSpec.whole(file)
    task.kind = .regression
    #expect(
      folder.complaint(task)
        == "a.jsonl:1: error: column 'label' holds no number\(shown)\n  write it in plain decimal, as 0.25, -3 or 1e-3"
    )
  }

  @Test func `files and splits that are not there are told`() throws {
    let file = try folder.write("a.jsonl", "\n \n")
    #expect(
      folder.complaint(.whole(file))
        == "a.jsonl: error: the file holds no examples\n  one example stands on one line")
    #expect(
      folder.complaint(.whole(file), .test) == """
        error: task 'fpb' has no test data
          add 'test' to its files, or do not ask for that split
        """)
    let lost = DataFile(sha256: "0123456789abcdef", format: "jsonl")
    #expect(
      folder.complaint(.whole(lost)) == """
        error: the train file of task 'fpb' is not here (SHA-256 0123456789ab…)
          plan the experiment again: the file moved or changed since
        """)
    var gone = "nothing thrown"
    do {
      _ = try TaskLoader.load(.whole(lost), split: .train) { _ in "/nowhere/a.jsonl" }
    } catch { gone = "\(error)" }
    #expect(gone == "/nowhere/a.jsonl: error: cannot read the file\n  check the path and its permissions")
    let one = try folder.write("b.jsonl", #"{"text": "a", "label": "neutral"}"#)
    #expect(
      folder.complaint(.sentiment(["train": one]), .validation) == """
        error: task 'fpb' has too few training examples (1) to hold out validation data
          give it a validation file, or set 'validation_fraction' to another share
        """)
  }

  @Test func `a file that was edited after its hash was taken is refused`() throws {
    let file = try folder.write("a.jsonl", #"{"text": "a", "label": "neutral"}"#)
    #expect(folder.complaint(.whole(file)) == "loaded 1")
    // As many bytes.
    let path = try #require(folder.path(of: file.sha256))
    try Data(#"{"text": "b", "label": "neutral"}"#.utf8).write(to: URL(fileURLWithPath: path))
    #expect(
      folder.complaint(.whole(file)) == """
        a.jsonl: error: the file changed since this run was planned
          run again, which plans with what is there now; what is done is kept
        """)
  }

  @Test(arguments: [("{text", "{"), ("text}", "}"), ("{}", "{"), ("a } b {c}", "}")])
  func `unbalanced braces are told`(template: String, brace: String) throws {
    let file = try folder.write("a.jsonl", #"{"text": "a", "label": "neutral"}"#)
    #expect(
      folder.complaint(.whole(file, text: template)) == """
        error: unbalanced '\(brace)' in the template "\(template)" of task 'fpb'
          write a column as {column} and a brace as \(brace)\(brace)
        """)
  }

  @Test func `a template without columns and a task without labels are told`() throws {
    let file = try folder.write("a.jsonl", #"{"text": "a", "label": "neutral"}"#)
    #expect(
      folder.complaint(.whole(file, text: "{{text}}"))
        == "error: the template \"{{text}}\" of task 'fpb' names no column\n  write a column as {column}")
    var task = TaskSpec.whole(file)
    task.labels = []
    #expect(folder.complaint(task) == "error: task 'fpb' has no labels\n  list them under 'labels'")
  }

  // MARK: the real datasets

  @Test(.enabled(if: Reference.data != nil, "needs the real datasets"))
  func `real files are read whole`() throws {
    let data = try #require(Reference.data)
    func load(_ set: String, _ task: (DataFile) -> TaskSpec) throws -> [Example] {
      let path = data.appendingPathComponent("\(set)/train.jsonl").path
      let file = DataFile(sha256: try StableHash.hex(file: path), format: "jsonl")
      return try TaskLoader.load(task(file), split: .train) { _ in path }
    }
    let phrases = try load("fpb") { .whole($0) }
    #expect(sizes(phrases) == [413, 1930, 922])
    let tagged = try load("finer_ord") { file in
      var task = TaskSpec.whole(file, text: "{tokens}")
      task.kind = .tagging
      task.target = "tags"
      let names = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"]
      task.labels = names.map { LabelSpec(name: $0, description: $0) }
      return task
    }
    #expect(tagged.count == 2879)
    let scores = try load("fiqa_sa") { file in
      var task = TaskSpec.whole(file)
      task.kind = .regression
      task.target = "score"
      return task
    }
    #expect(scores.count == 857)
    let sets = [
      ("fomc", ["dovish", "neutral", "hawkish"], 1724), ("headlines_yesno", ["No", "Yes"], 6000),
      ("twitter_fin_sentiment", ["bearish", "neutral", "bullish"], 8572),
    ]
    for (set, names, count) in sets {
      let examples = try load(set) { file in
        var task = TaskSpec.whole(file, pair: set == "headlines_yesno" ? "{question}" : nil)
        task.labels = names.map { LabelSpec(name: $0, description: $0) }
        return task
      }
      #expect(examples.count == count && Set(examples.map(\.target)).count == names.count)
    }
  }
}
