internal import Basics
internal import Language
internal import Results
internal import Specs

/// The whole manifest language; reader, JSON Schema and overrides all read this table.
struct ManifestShape {
  let vocabulary: Vocabulary

  /// The words that make cocktails from the list of tasks.
  static let generators = ["singles", "pairs", "leave_one_out", "all"]

  /// Of metrics in points; an error has a scale of its own.
  private static let margin = Field(
    "margin", .scalar(.number(1e-6...1)),
    "two models whose difference is shown to lie within it are equal: 0.02 is two points")

  var root: Shape {
    .object([
      Field("name", .name, required: true, "the experiment's name and its folder under Results"),
      Field("title", .text, "the question that the experiment asks"),
      Field("data_root", .text, "folder of the datasets, relative to the manifest's folder"),
      Field(
        "seeds", .ruled(.list(.scalar(.integer(0...2_147_483_647))), [.filled, .distinct]),
        "one training of everything for each seed"),
      Field(
        "vary", .ruled(.list(.scalar(.choice(Variation.allCases.map(\.rawValue)))), [.filled, .distinct]),
        "what differs from seed to seed: start (first weights), order (of the rows, with dropout), rows (those that "
          + "limits.train draws) and base (pretrained for each); start and order where nothing is said"),
      Field(
        "base", .either([.text, .object([pretrain])]), required: true, "the base model: a folder or a name"),
      Field(
        "head", .scalar(head), default: usualHead,
        "the head of tasks that name none; where nothing is said linear for tagging"),
      Field("task_defaults", .object(taskDefaults), "settings for all tasks that do not say otherwise"),
      Field(
        "tasks", .ruled(.table(.ruled(.object(task), taskRules), keysAreNames: true), [.filled]),
        required: true, "the tasks by name"),
      Field("cocktails", .ruled(.list(cocktail), [.filled]), "what is trained, in the order of the tables"),
      Field("sampling", sampling, "how cocktails draw from their tasks"),
      Field("budget", budget, required: true, "exactly one of steps, tokens, passes and arms"),
      Field("adapter", .object(adapter), "LoRA settings"),
      Field("training", .object(training), "optimiser, batches and stopping"),
      Field("merges", .list(.variants(merge)), "adapters merged into one"),
      Field(
        "tune", .object(tune),
        "what is tried for every model alike on seeds of its own, before the others train what validation chose"
      ),
      Field("evaluate", evaluate, "which models are evaluated on what"),
      Field("statistics", .object([Self.margin]), "what the tables hold for equal"),
    ])
  }

  private var usualHead: ParameterValue { .text(TaskSpec.usualHead.rawValue) }

  private var head: ParameterSpec.Kind { .choice(HeadKind.allCases.map(\.rawValue)) }

  private var pretrain: Field {
    let fields = PretrainSettings.rows.map { Field(scalar: $0.parameter) }
    return Field("pretrain", .object(fields), required: true, "a tiny encoder made from generated text")
  }

  // MARK: Tasks

  func splits(_ range: ClosedRange<Int>) -> Shape {
    .object(
      Split.allCases.map { Field($0.rawValue, .scalar(.integer(range)), "rows of the \($0.rawValue) split") })
  }

  private var taskDefaults: [Field] {
    [
      Field(
        "head", .scalar(head), default: usualHead, "linear, or labels: cosines to label descriptions"),
      Field("limits", splits(1...1_000_000_000), "at most so many examples of a split"),
      Field(
        "validation_fraction", .scalar(.number(0...0.9)), default: .number(TaskSpec.usualValidationFraction),
        "share of the training data that becomes validation data where there is none"),
      Field(
        "fit_fraction", .scalar(.number(0.05...0.95)), default: .number(TaskSpec.usualFitFraction),
        "share of the validation rows that merges fit on, where some do; the others choose"),
    ]
  }

  private var task: [Field] {
    [
      Field(
        "data", .text, isWay: true,
        "a folder under data_root with train, validation and test as .jsonl or .csv"),
      Field(
        "files",
        .ruled(
          .object(Split.allCases.map { Field($0.rawValue, .text, "the file of the \($0.rawValue) split") }),
          [.needs([Split.train.rawValue])]),
        isWay: true, "the files under data_root, one for each split"),
      Field("generate", .object(generate), isWay: true, "a generated task instead of files"),
      Field("kind", .scalar(.choice(vocabulary.kinds.map(\.name))), "what the task asks for"),
      Field("text", template, default: .text("{text}"), "the input: text with columns in braces"),
      Field("pair", template, "the second sentence of a pair, written like 'text'"),
      Field("target", .text, "the column of the label (label), the number (score) or the tags (tags)"),
      Field(
        "labels",
        .either([
          .ruled(.list(.text), [.count(2...Int.max), .distinct]),
          .ruled(.table(.optionalText, keysAreNames: false), [.count(2...Int.max)]),
        ]),
        "labels, with descriptions"),
      Field(
        "anchors", .table(.object(anchor), keysAreNames: false), "described values for regression over labels"
      ),
      Field("metrics", metrics(of: vocabulary.metrics), "metrics by name; the first one decides"),
      Field(
        "by", .text,
        "a column of groups of rows: every metric is the mean over the groups of the metric within each"),
      Field("family", .either([.name, .list(.name)]), "what the task is like, for pairs within a family"),
    ] + taskDefaults
  }

  private var anchor: [Field] {
    [
      Field("description", .text, "what the base reads; the anchor's name where nothing is said"),
      Field("value", .scalar(.number(-1e9...1e9)), required: true, "the number that the anchor stands for"),
    ]
  }

  private var generate: [Field] {
    [
      Field("form", .scalar(.choice(vocabulary.generatorForms)), required: true, "which kind of text"),
      Field("rows", generatedRows, required: true, "examples of each split"),
    ] + GeneratorSettings.rows.map { Field(scalar: $0.parameter) }
  }

  // MARK: Cocktails, settings, merges

  private var cocktail: Shape {
    .either([
      .scalar(.choice(Self.generators)),
      .ruled(
        .object([
          Field(
            "pairs",
            .either([
              .scalar(.choice(["within_families"])),
              .object([Field("family", .name, required: true, "the family")]),
            ]),
            isWay: true, "pairs of one family, or within_families: of any family"),
          Field(
            "subsets",
            .object([
              Field(
                "sizes", .ruled(.list(.scalar(.integer(1...64))), [.filled]), required: true,
                "numbers of tasks")
            ]),
            isWay: true, "all subsets of some sizes"),
          Field("name", .name, "the cocktail's name"),
          Field("tasks", .ruled(.list(.name), [.filled, .distinct]), isWay: true, "the cocktail's tasks"),
          Field("sampling", sampling, "how this cocktail draws, instead of the common rule"),
        ]), cocktailRules),
    ])
  }

  private var sampling: Shape {
    let fields = [
      Field(
        "rule", .setting(.choice(vocabulary.samplingRules.map(\.name))), default: .text(SamplingSpec().rule),
        "the rule's name"),
      Field("cap", .setting(SamplingSettings.cap.kind), SamplingSettings.cap.summary),
      Field("temperature", .setting(SamplingSettings.temperature.kind), SamplingSettings.temperature.summary),
      Field(
        "weights", .table(.scalar(.number(0...1e9)), keysAreNames: true),
        "a weight for each task; others weigh 1"),
    ]
    return .ruled(.object(fields), samplingRules(settings: fields.dropFirst().map(\.key)))
  }

  private var budget: Shape {
    let parameters = BudgetSettings.parameters
    let ways = parameters.map(\.name).reversed()
    let arm = Shape.ruled(
      .object(
        [
          Field("name", .name, "the arm's name in the tables; its budget where nothing is said"),
          Field(
            "models", .ruled(.list(.name), [.filled, .distinct]),
            "what is trained under it: singles, pairs, leave_one_out, all, merges, or names; everything where nothing is said"
          ),
        ] + parameters.map { Field($0.name, .scalar($0.kind), isWay: true, $0.summary) }),
      [.oneOf(Array(ways))])
    return .ruled(
      .object(
        parameters.map { Field($0.name, .setting($0.kind), isWay: true, $0.summary) } + [
          Field(
            "arms", .ruled(.list(arm), [.filled]), isWay: true,
            "several budgets, each with models and comparisons of its own")
        ]),
      [.oneOf(["arms"] + ways)])
  }

  private var adapter: [Field] {
    AdapterSettings.rows.map { Field(setting: $0.parameter) } + [
      Field(
        "targets", .either([.text, .ruled(.list(.text), [.filled])]),
        "linear layers as in PEFT: the last parts of their names, all-linear, or a regular expression for whole paths"
      ),
      Field(
        "layers_to_transform", .ruled(.list(.scalar(.integer(0...100_000))), [.filled]),
        "only layers of these blocks, from 0"),
    ]
  }

  private var training: [Field] { TrainingSettings.rows.map { Field(setting: $0.parameter) } }

  private var merge: Variants {
    Variants(
      key: "method", kind: "merge method", summary: "the merge method",
      common: [
        Field("name", .name, "the merge's name in the tables"),
        Field(
          "of", .either([.scalar(.choice(["singles"])), .ruled(.list(.name), [.filled, .distinct])]),
          default: .text("singles"),
          "what is merged: singles, or names of tasks and cocktails"),
        Field(
          "weights", .ruled(.list(.scalar(.number(-1e6...1e6))), [.filled]),
          "one weight for each input; 1 where nothing is said"
        ),
      ],
      rows: vocabulary.methods.map { method in
        Variants.Row(
          name: method.name,
          fields: method.parameters.map { Field(setting: $0) } + [grid]
            + (method.takesRanges ? [ranges] : []))
      } + [
        Variants.Row(
          name: "all", fields: [grid, except],
          rules: [.never(["name"], because: "all methods cannot have one name")])
      ], hint: { [names = vocabulary.methods.map(\.name)] in OtherWords.methodHint($0, among: names) })
  }

  private var grid: Field {
    Field(
      "grid", .scalar(.choice(["usual", "none"])), default: .text("none"),
      "usual: every parameter that is not given takes the values that are usually tried, where it has any")
  }

  private var except: Field {
    Field(
      "except", .list(.word(vocabulary.methods.map(\.name))),
      "methods that 'all' leaves out, beside those that learn, search or train, that cannot merge these models, or whose cell is another one's"
    )
  }

  private var ranges: Field {
    Field(
      "over",
      .table(.ruled(.list(.scalar(.number(-1e6...1e6))), [.count(2...2)]), keysAreNames: false),
      "what is searched: parameters, each with its least and its largest value; those usually tried where nothing is said"
    )
  }

  private var evaluate: Shape {
    let splits = [Split.validation, .test].map(\.rawValue)
    return .ruled(
      .object([
        Field(
          "tasks",
          .either([.scalar(.choice(["all", "own"])), .ruled(.list(.name), [.filled, .distinct])]),
          default: .text("all"), "all, own (those that a model learned), or a list"),
        Field(
          "splits", .ruled(.list(.scalar(.choice(splits))), [.filled]),
          "validation and test, or one of them"),
        Field(
          "grids", .scalar(.choice(["all", "chosen"])), default: .text("all"),
          "whether all points of a merge's grid are tested, or the one alone that does best on validation"),
        Field(
          "precision", .scalar(.choice(Precision.allCases.map(\.rawValue))),
          default: .text(Precision.float32.rawValue),
          "what products with frozen weights read: floats, or both sides rounded to bf16 (needs oneDNN)"),
        Field(
          "floors", .scalar(.flag), default: .flag(true),
          "whether what can be had without training a model stands beside the models: the most frequent label, a linear "
            + "head on the base as it is, and the same without one of the columns"),
      ]), evaluateRules)
  }
}
