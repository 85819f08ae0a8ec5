internal import ArgumentParser
internal import Basics
internal import Execution
internal import Machine
internal import Models
internal import Terminal

/// Which rows go through which base, and how often.
struct BenchOptions: ParsableArguments {
  @Option(
    help: "The base: a folder or a name in the cache. [all-MiniLM-L6-v2, or random weights of its shape]")
  var base: String?

  @Option(
    help: """
      Random weights of another shape instead of a base: blocks x width / heads / feed-forward width, 12x768/12/3072 for \
      that of BERT-base.
      """,
    transform: { try BenchShape($0) })
  var shape: BenchShape?

  @Option(
    help: "A JSONL file of rows with text and label. [generated rows]", transform: { UserPath.expanded($0) })
  var data: String?

  @Option(
    help: """
      What a decoder reads of a row, with columns in braces, for instance "{text}\\nSentiment:": it then learns to say the \
      answer, or is asked for the likeliest one. \\n is a line's end. [a linear head]
      """,
    transform: { $0.replacing("\\n", with: "\n") })
  var prompt: String?

  @Option(help: "What is to be said behind the prompt; {label} is the row's label.")
  var answer = " {label}"

  @Option(help: "Rows; the file is repeated where it has fewer.")
  var rows = 640

  @Option(name: .customLong("max-length"), help: "Longer inputs are cut to so many tokens.")
  var maxLength = 128

  @Option(
    help: "What products with frozen weights read: float32 or bfloat16.",
    transform: { word in
      if let precision = Precision(rawValue: word) { return precision }
      throw ValidationError("'\(word)' is no precision: float32 or bfloat16")
    })
  var precision = Precision.float32

  @Option(help: "Tokens of every generated row. [those of news sentences: 31 on average, drawn]")
  var tokens: Int?

  @Option(help: "Repeats, of which the median counts.")
  var repeats = 5

  func validate() throws {
    try atLeastOne(rows, "rows")
    try atLeastOne(maxLength, "max-length")
    try atLeastOne(repeats, "repeats")
    try tokens.map { try atLeastOne($0, "tokens") }
    if prompt != nil && data == nil { throw ValidationError("--prompt is for the rows of --data") }
    if !answer.contains("{label}") { throw ValidationError("--answer must hold {label}") }
    if base != nil && shape != nil { throw ValidationError("--base and --shape: one of them") }
    if data != nil && (tokens != nil || shape != nil) {
      throw ValidationError("--tokens and --shape are for generated rows, without --data")
    }
  }

  /// The settings that make a measurement what it is.
  var settings: [String: ParameterValue] {
    var settings: [String: ParameterValue] = ["rows": .count(rows), "max_length": .count(maxLength)]
    if let tokens { settings["tokens"] = .count(tokens) }
    if prompt != nil { settings["head"] = .text("answers") }
    if precision != .float32 { settings["precision"] = .text(precision.rawValue) }
    return settings
  }
}

/// The sizes of an encoder: `12x768/12/3072`.
struct BenchShape: Sendable {
  let (layers, hidden, heads, intermediate): (Int, Int, Int, Int)

  init(_ text: String) throws {
    guard let match = text.wholeMatch(of: /(\d+)x(\d+)\/(\d+)\/(\d+)/), let layers = Int(match.1),
      let hidden = Int(match.2), let heads = Int(match.3), let intermediate = Int(match.4),
      min(layers, hidden, heads, intermediate) > 0, hidden % heads == 0
    else {
      throw ValidationError(
        "'\(text)' is no shape: blocks x width / heads / feed-forward width, for instance 6x384/12/1536")
    }
    (self.layers, self.hidden, self.heads, self.intermediate) = (layers, hidden, heads, intermediate)
  }

  /// The encoder without its weights.
  var description: any NetworkDescription {
    NetworkFamilies.pretrained(
      layers: layers, hidden: hidden, heads: heads, intermediate: intermediate, vocabulary: 30522,
      positions: 512)
  }
}

/// How many work at once, and with how many threads.
struct BenchThreadOptions: ParsableArguments {
  @Option(help: "Workers at once; each goes through all rows.")
  var workers = MachineFacts.cores

  @Option(help: "Threads of each worker.")
  var threads = 1

  func validate() throws {
    try atLeastOne(workers, "workers")
    try atLeastOne(threads, "threads")
    if workers * threads > MachineFacts.cores {
      throw ValidationError("\(workers) × \(threads) threads on \(MachineFacts.cores) cores measure nothing")
    }
  }

  /// The settings that make a measurement what it is.
  var settings: [String: ParameterValue] { ["workers": .count(workers), "threads": .count(threads)] }
}

/// What is trained.
struct BenchAdapterOptions: ParsableArguments {
  @Option(help: "Rows of a batch.")
  var batch = 32

  @Option(help: "LoRA rank.")
  var rank = 8

  @Option(help: "LoRA targets, separated by commas; `all-linear` for all.")
  var targets = "query,value"

  func validate() throws {
    try atLeastOne(batch, "batch")
    try atLeastOne(rank, "rank")
  }

  /// The targets one by one.
  var targetNames: [String] { targets.split(separator: ",").map(String.init) }

  /// The settings that make a measurement what it is.
  var settings: [String: ParameterValue] {
    ["batch": .count(batch), "rank": .count(rank), "targets": .text(targets)]
  }
}
