import Basics
import Experiment
import Outlines
import Specs
import Tasks

/// A world of four datasets and one base, all made of their names.
struct FakeResources: Resources {
  var files: [String: FileFacts] = [:]
  /// Token counts of the rows of a split.
  var lengths: [String: [Int]] = [:]
  /// What stands in the splits of a task.
  var facts: [String: [SplitFacts]] = [:]
  var outline: ModelOutline
  /// What keeps products from being done in bf16.
  var obstacle: Diagnostic?
  /// What sentence-transformers cuts texts to.
  var longest: Int?

  func obstacle(to precision: Precision) -> Diagnostic? { precision == .bfloat16 ? obstacle : nil }

  init(
    folders: [String] = ["fpb", "fomc", "fiqa", "ner"], root: String = "data",
    splits: [Split] = Split.allCases, positions: Int = 512
  ) {
    outline = FakeResources.outline(blocks: 2, width: 8, feedForward: 24, heads: 2, positions: positions)
    for folder in folders {
      for split in splits {
        let name = "\(folder)/\(split.rawValue)"
        files["\(root)/\(name).jsonl"] = FileFacts(sha256: "sha-of-\(name)", rows: 100, bytes: 9000)
      }
    }
  }

  func exists(_ path: String) -> Bool { files[path] != nil }

  func file(_ path: String) throws -> FileFacts {
    guard let facts = files[path] else { throw Diagnostic("cannot read the file", at: Place(file: path)) }
    return facts
  }

  func base(_ name: String) throws -> BaseFacts {
    guard name == "mini" else { throw Diagnostic("there is no base '\(name)'", hint: "run 'make model'") }
    return BaseFacts(sha256: "sha-of-mini", path: "/models/mini", outline: outline, longest: longest)
  }

  func outline(of pretrain: PretrainSpec) -> ModelOutline {
    FakeResources.outline(
      blocks: pretrain.layers, width: pretrain.hidden, feedForward: pretrain.intermediate,
      heads: pretrain.heads)
  }

  /// A model of equal blocks with layers called as in BERT.
  static func outline(
    blocks: Int, width C: Int, feedForward F: Int, heads: Int, positions: Int = 512
  ) -> ModelOutline {
    ModelOutline(
      family: "bert", blocks: blocks, width: C, attention: C, heads: heads,
      limits: .init(positions: positions, vocabulary: 50, types: 2), embeddings: 50,
      prefix: "encoder.layer",
      parts: [
        .init("attention.self.query", out: C, in: C, input: "attention.self"),
        .init("attention.self.key", out: C, in: C, input: "attention.self"),
        .init("attention.self.value", out: C, in: C, input: "attention.self"),
        .init("attention.output.dense", out: C, in: C), .init("intermediate.dense", out: F, in: C),
        .init("output.dense", out: C, in: F),
      ], usualTargets: ["query", "value"], passes: .init(token: 12 * C + 3 * F, pair: 3 * heads),
      saved: .init(token: 8 * C + F + 2, pair: heads))
  }

  func facts(
    of task: TaskSpec, base: String?, maxTokens: Int, locations: [String: String]
  ) -> [SplitFacts] { facts[task.name] ?? [] }

  func lengths(of task: TaskSpec, _ split: Split, base: String?, locations: [String: String]) -> [Int] {
    base == "mini" ? lengths["\(task.name)/\(split.rawValue)"] ?? [] : []
  }
}

extension Vocabulary {
  /// The rank of a merge's result.
  static let rank = ParameterSpec("rank", .integer(0...100), default: .number(0), "rank of the result")

  /// What a fake method asks for, from its parameters' numbers.
  static func asking(
    _ need: @escaping @Sendable (_ number: (String) -> Double) -> MergeDemands.Need,
    isOrdered: @escaping @Sendable ([String: ParameterValue]) -> Bool = { _ in false }
  ) -> @Sendable ([String: ParameterValue]) -> MergeDemands {
    { given in
      func number(_ name: String) -> Double {
        if case .number(let number)? = given[name] { number } else { 0 }
      }
      let rank = Int(number("rank"))
      return MergeDemands(isOrdered: isOrdered(given), rank: rank > 0 ? rank : nil, need(number))
    }
  }

  /// The few words, with one method that trains its models, and `linear` with a rank.
  static func small(and method: Method) -> Vocabulary {
    var words = Vocabulary.small
    words.methods[0] = Method(name: "linear", parameters: [rank])
    words.methods.append(method)
    return words
  }

  /// A few words, enough for every rule of the language.
  static var small: Vocabulary {
    Vocabulary(
      kinds: TaskKinds.all.entries.map { row in
        Kind(row.outline) { task in
          ReadoutOutline(
            insteadOfDistribution: row.readout(task.head) == "number" ? "one number" : nil,
            ownAnswers: max(1, task.labels.count))
        }
      },
      methods: [
        Method(name: "linear", parameters: []),
        Method(
          name: "task_arithmetic",
          parameters: [ParameterSpec("scale", .number(-10...10), default: .number(1), "factor on the sum")]),
        Method(
          name: "ties",
          parameters: [
            ParameterSpec(
              "density", .number(0...1), default: .number(0.2), usual: [0.1, 0.5], "share of entries kept"),
            ParameterSpec("scale", .number(-10...10), default: .number(1), "factor on the sum"),
          ]),
        Method(
          name: "slerp", parameters: [],
          problem: { _, weights in
            let used = weights.filter { $0 != 0 }.count
            return used <= 2 ? nil : Diagnostic("slerp takes 2 models, not \(used)", hint: "name two")
          }),
      ],
      metrics: [
        Metric(name: "accuracy", kinds: [.classification], higherIsBetter: true),
        Metric(name: "macro_f1", kinds: [.classification], higherIsBetter: true),
        Metric(name: "pearson", kinds: [.regression], higherIsBetter: true),
        Metric(name: "mse", kinds: [.regression], higherIsBetter: false),
        Metric(name: "entity_f1", kinds: [.tagging], higherIsBetter: true),
      ],
      samplingRules: [
        SamplingRule(name: "concatenation", parameters: [], needs: []),
        SamplingRule(name: "equal", parameters: [], needs: []),
        SamplingRule(name: "weights", parameters: ["weights"], needs: ["weights"]),
        SamplingRule(name: "proportional", parameters: ["cap"], needs: ["cap"]),
        SamplingRule(name: "temperature", parameters: ["temperature", "cap"], needs: ["temperature"]),
      ],
      generatorForms: ["sentiment", "topic"],
      generatedTasks: { form in
        TaskSpec(
          name: form, kind: .classification, source: .files([:]),
          labels: [
            LabelSpec(name: "good", description: "good news"),
            LabelSpec(name: "bad", description: "bad news"),
          ],
          metrics: ["macro_f1", "accuracy"])
      })
  }
}

/// Four tasks of two families; `more` follows at the end.
func manifestText(_ more: String = "cocktails: [singles, pairs, leave_one_out, all]") -> String {
  """
  name: finance
  data_root: data
  seeds: [0, 1]
  base: mini
  budget: {steps: 200}
  tasks:
    fpb: {data: fpb, kind: classification, labels: [bad, good], family: sentiment}
    fomc: {data: fomc, kind: classification, labels: {dove: "lower rates", hawk: "higher rates"}}
    fiqa: {data: fiqa, kind: classification, labels: [bad, good], family: sentiment}
    ner: {data: ner, kind: tagging, labels: [O, B-PER, I-PER], head: linear}
  \(more)

  """
}

func read(_ text: String, _ overrides: [String] = [], vocabulary: Vocabulary = .small) throws -> Manifest {
  try ManifestReader.read(
    text, path: "a.yaml", overrides: overrides.map { try Override($0) }, vocabulary: vocabulary)
}

func plan(
  _ text: String, _ overrides: [String] = [], vocabulary: Vocabulary = .small,
  resources: FakeResources = FakeResources()
) throws -> Plan {
  try Planner(vocabulary: vocabulary, resources: resources).plan(
    try read(text, overrides, vocabulary: vocabulary))
}

/// The whole text of what a call refuses.
func complaint(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "nothing was refused"
  } catch {
    return "\(error)"
  }
}
