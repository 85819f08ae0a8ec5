internal import Basics
internal import Checkpoints
internal import Execution
internal import Foundation
internal import LinearAlgebra
internal import Models
internal import Outlines
internal import Specs
internal import Tasks
internal import Tokenizers
internal import Training

/// A base and rows for it, real ones or made ones.
struct BenchWorkload: Sendable {
  let model: BaseModel
  let task: TaskSpec
  let examples: [TokenizedExample]
  /// What base and rows are, for the line of a measurement.
  let facts: [String: ParameterValue]
  /// The settings that make a measurement what it is: rows, their kind, and the shape of the base.
  let settings: [String: ParameterValue]

  /// The same rows for another precision.
  ///
  /// - Throws: a `Diagnostic` where products in bf16 cannot be had here.
  func reading(_ precision: Precision) throws -> BenchWorkload {
    BenchWorkload(
      model: try model.reading(precision), task: task, examples: examples, facts: facts,
      settings: settings.merging(["precision": .text(precision.rawValue)]) { _, new in new })
  }

  private init(
    model: BaseModel, task: TaskSpec, examples: [TokenizedExample], facts: [String: ParameterValue],
    settings: [String: ParameterValue]
  ) {
    self.model = model
    self.task = task
    self.examples = examples
    self.facts = facts
    self.settings = settings
  }

  /// Opens or makes what the options ask for.
  ///
  /// - Parameter isLearnt: Whether rows with a prompt teach their answers; otherwise all answers are asked for.
  /// - Throws: a `Diagnostic` for a base or data that cannot be read.
  init(_ options: BenchOptions, isLearnt: Bool = false) throws {
    let (opened, base) = try BenchWorkload.model(options)
    let model = try opened.reading(options.precision)
    self.model = model
    let length = min(max(options.maxLength, options.tokens ?? 0), model.network.outline.limits.positions)
    if let data = options.data {
      task = BenchWorkload.task(
        labels: try BenchWorkload.labels(data), sha256: try StableHash.hex(file: data), options)
      if task.head == .answers, model.network.unembedding == nil {
        throw Diagnostic("the base predicts no tokens", hint: "take a decoder, or leave --prompt out")
      }
      let rows = try TaskLoader.load(task, split: .test) { _ in data }
      let tokenized = model.rows(
        Array(rows.prefix(options.rows)), of: task, maxTokens: length, areLearnt: isLearnt)
      examples = (0..<options.rows).map { tokenized[$0 % tokenized.count] }
    } else {
      task = BenchWorkload.task(labels: ["a", "b", "c"])
      examples = BenchWorkload.generated(
        options.rows, vocabulary: model.network.outline.limits.vocabulary, length, fixed: options.tokens)
    }
    let data = options.data.map { URL(fileURLWithPath: $0).lastPathComponent } ?? "generated"
    facts = ["base": .text(base), "data": .text(data)]
    let outline = model.network.outline
    settings = options.settings.merging([
      "data": .text(data),
      "shape": .text("\(outline.blocks)x\(outline.width)/\(outline.heads)/\(outline.feedForward)"),
    ]) { value, _ in value }
  }

  /// Tokens of each row.
  var lengths: [Int] { examples.map(\.ids.count) }

  /// Tokens of all rows.
  var tokens: Int { lengths.reduce(0, +) }

  /// The measured values of some rounds in which all rows went through so many times.
  func values(_ rounds: [BenchRound], passes: Int, flops: Double) -> [String: ParameterValue] {
    func rate(_ amount: Double) -> Double { median(rounds.map { amount / $0.seconds }) * Double(passes) }
    let fractions = rounds.map { flops * Double(passes) / $0.seconds / 1e9 / $0.peak }
    return facts.merging([
      "rows_per_s": .measured(rate(Double(examples.count))),
      "tokens_per_s": .measured(rate(Double(tokens))),
      "gflops": .measured(rate(flops) / 1e9),
      "peak_gflops": .measured(median(rounds.map(\.peak))),
      "fraction_of_gemm_peak": .measured(median(fractions)),
      "fraction_min": .measured(fractions.min() ?? 0), "fraction_max": .measured(fractions.max() ?? 0),
      "seconds": .measured(median(rounds.map(\.seconds))),
      // Far below the number of threads: other programs had the cores, or threads waited for each other.
      "busy_cores": .measured(median(rounds.map { $0.cpuSeconds / $0.seconds })),
      "tokens": .count(tokens), "mean_length": .measured(Double(tokens) / Double(examples.count)),
      "repeats": .count(rounds.count),
    ]) { value, _ in value }
  }

  // MARK: The base

  private static let usualBase = "all-MiniLM-L6-v2"

  private static func model(_ options: BenchOptions) throws -> (model: BaseModel, name: String) {
    let environment = ProcessInfo.processInfo.environment
    let folder = FileManager.default.currentDirectoryPath
    func open(_ name: String) throws -> BaseModel {
      try BaseFolder.open(try DiskResources.locate(name, relativeTo: folder, environment: environment))
    }
    if let shape = options.shape { return (try random(shape.description), "random weights") }
    if let base = options.base { return (try open(base), URL(fileURLWithPath: base).lastPathComponent) }
    let isHere = (try? DiskResources.locate(usualBase, relativeTo: folder, environment: environment)) != nil
    if isHere { return (try open(usualBase), usualBase) }
    guard options.data == nil else {
      throw Diagnostic("real rows need a base with a tokenizer", hint: "`make model` fetches \(usualBase)")
    }
    return (try random(usualShape), "random weights")
  }

  /// The sizes of the usual base.
  static let usualShape = NetworkFamilies.pretrained(
    layers: 6, hidden: 384, heads: 12, intermediate: 1536, vocabulary: 30522, positions: 512)

  /// Random weights of a shape; the tokenizer knows the special tokens only.
  private static func random(_ shape: any NetworkDescription) throws -> BaseModel {
    let json = try WordPieceVocabulary.tokenizerJSON(
      vocabulary: WordPieceVocabulary.specials, lowercase: true)
    return BaseModel(
      network: shape.random(
        over: Storage(count: shape.floats),
        stream: RandomStream(seed: 0, "bench", "weights")), pooling: .mean,
      tokenizer: try Tokenizer(json: json, path: "tokenizer.json"))
  }

  // MARK: Rows

  private static func task(
    labels: [String], sha256: String = "", _ options: BenchOptions? = nil
  ) -> TaskSpec {
    var task = TaskSpec(
      name: "bench", kind: .classification,
      source: .files(["test": DataFile(sha256: sha256, format: "jsonl")]),
      labels: labels.map { LabelSpec(name: $0, description: $0) }, metrics: ["accuracy"], head: .linear)
    guard let options, let prompt = options.prompt else { return task }
    task.text = prompt
    task.head = .answers
    task.labels = labels.map {
      LabelSpec(name: $0, description: options.answer.replacing("{label}", with: $0))
    }
    return task
  }

  private static func labels(_ file: String) throws -> [String] {
    struct Row: Decodable { let label: String }
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      throw Diagnostic("cannot read the rows", at: Place(file: file), hint: "is the path of --data right?")
    }
    let labels = try text.split(separator: "\n").enumerated().map { number, line in
      guard let row = try? JSONDecoder().decode(Row.self, from: Data(line.utf8)) else {
        throw Diagnostic(
          "this row has no label", at: Place(file: file, line: number + 1),
          hint: "each line is {\"text\": \"…\", \"label\": \"…\"}")
      }
      return row.label
    }
    guard !labels.isEmpty else { throw Diagnostic("there are no rows", at: Place(file: file)) }
    return Set(labels).sorted()
  }

  /// Random ids whose lengths are those of Financial PhraseBank's sentences in WordPiece tokens: log-normal with mean
  /// 3.32 and deviation 0.45 of the logarithm, cut to 5…100; 31 tokens on average.
  ///
  /// - Parameter fixed: The length of all of them instead.
  private static func generated(
    _ rows: Int, vocabulary: Int, _ maxLength: Int, fixed: Int?
  ) -> [TokenizedExample] {
    let stream = RandomStream(seed: 0, "bench", "rows")
    var lengths = stream.stream("lengths")
    var ids = stream.stream("ids")
    var labels = stream.stream("labels")
    return (0..<rows).map { _ in
      let drawn = Int(exp(3.32 + 0.45 * lengths.normal()).rounded())
      let length = min(fixed ?? min(max(drawn, 5), 100), maxLength)
      return TokenizedExample(
        ids: (0..<length).map { _ in Int32(ids.index(below: vocabulary)) },
        types: [Int32](repeating: 0, count: length), wordStarts: [], target: .label(labels.index(below: 3)))
    }
  }
}
