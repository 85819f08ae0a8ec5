public import Basics
internal import Language

/// Reads mergekit's recipes of full checkpoints.
public enum CheckpointRecipeReader {
  /// A method of checkpoints and its parameters.
  public struct Method: Sendable {
    /// The word in a recipe.
    public var name: String
    /// The parameters of the whole merge.
    public var shared: [ParameterSpec]
    /// The parameters of each model.
    public var own: [ParameterSpec]

    /// Makes a word.
    public init(name: String, shared: [ParameterSpec], own: [ParameterSpec]) {
      self.name = name
      self.shared = shared
      self.own = own
    }
  }

  /// The recipe of a text.
  ///
  /// - Parameters:
  ///   - path: The file, for messages and for relative names.
  ///   - method: Finds a method; throws a `Diagnostic` where there is none.
  /// - Throws: `Diagnostics` with all problems in the order of their places.
  public static func read(
    _ text: String, path: String, method: (String, Place?) throws -> Method
  ) throws -> CheckpointRecipe {
    let source = SourceText(text, path: path, called: "the recipe")
    var yaml = YAMLReader(source)
    guard let root = yaml.read() else { throw source.ordered(yaml.problems) }
    if let problem = FileKind.recipe.complaint(root, source) { throw problem }
    var problems = yaml.problems
    var found: Method?
    if let (name, place) = word("merge_method", in: root) {
      do { found = try method(name, place) } catch let problem as Diagnostic {
        let meant = OtherWords.methods[name.lowercased()].flatMap { try? method($0, place) }
        problems.append(
          source.diagnostic(
            problem.what, at: problem.place ?? place,
            hint: meant.map { "did you mean '\($0.name)'?" } ?? problem.hint))
      }
    }
    var checker = ShapeChecker(source, passesNulls: true)
    let value = checker.value(root, CheckpointRecipeShape(method: found).root, path: "")
    var reading = CheckpointRecipeReading(source: source, method: found, path: path)
    let recipe = reading.recipe(value)
    problems += checker.problems + reading.problems
    guard problems.isEmpty, let recipe else { throw source.ordered(problems) }
    return recipe
  }

  /// The models that a recipe of any kind names, to see what they are; none where it cannot be read.
  ///
  /// - Returns: The names, and whether the recipe has slices or models in the longer form, or else keys that only
  ///   recipes of checkpoints have.
  public static func models(
    in text: String, path: String
  ) -> (names: [String], hasSlices: Bool, hasOwnKeys: Bool) {
    var yaml = YAMLReader(SourceText(text, path: path, called: "the recipe"))
    guard let root = yaml.read(), case .mapping(let pairs) = root.content else { return ([], false, false) }
    func has(_ keys: [String]) -> Bool { pairs.contains { keys.contains($0.key) && !$0.value.isNull } }
    let hasSlices = has(["slices", "modules"])
    let hasOwnKeys = has(["dtype", "out_dtype", "tokenizer", "tokenizer_source", "chat_template"])
    guard case .sequence(let models)? = pairs.first(where: { $0.key == "models" })?.value.content else {
      return ([], hasSlices, hasOwnKeys)
    }
    let isLonger = models.contains { node in
      guard case .mapping(let pairs) = node.content,
        case .mapping? = pairs.first(where: { $0.key == "model" })?.value.content
      else { return false }
      return true
    }
    return (models.compactMap { word("model", in: $0)?.0 }, hasSlices || isLonger, hasOwnKeys)
  }

  private static func word(_ key: String, in node: YAMLNode) -> (String, Place)? {
    guard case .mapping(let pairs) = node.content, let pair = pairs.first(where: { $0.key == key }),
      case .scalar(let text, _) = pair.value.content, !pair.value.isNull
    else { return nil }
    return (text, pair.value.place)
  }
}

/// What a recipe may hold.
struct CheckpointRecipeShape {
  let method: CheckpointRecipeReader.Method?

  static let dtypes = ["float32", "float16", "bfloat16"]
  static let seed = ParameterSpec(
    "seed", .integer(0...2_147_483_647), default: .number(0), "seed of methods that draw")

  private static let int8Mask = ParameterSpec(
    "int8_mask", .flag, default: .flag(false), "no effect here: masks take no memory")

  var root: Shape {
    let dtype = Shape.scalar(.choice(Self.dtypes))
    return .object([
      Field("merge_method", .text, required: true, "how to merge"),
      Field("base_model", Self.reference, "the model whose changes are merged"),
      Field("models", .list(.object(model)), "the models: a list of {model: folder, parameters: …}"),
      Field("slices", .list(.object(slice)), "the layers of the result: a list of {sources: […]}"),
      Field("modules", .table(.object(module), keysAreNames: true), "one module with models or slices"),
      Field("parameters", parameters, "parameters of the method"),
      Field("dtype", dtype, "the number type to write"),
      Field("out_dtype", dtype, "the number type to write; goes before dtype"),
      Field("tokenizer_source", Self.reference, "whose tokenizer the result has: base, union or a model"),
      Field("tokenizer", .object(tokenizer), "whose tokenizer the result has"),
      Field("chat_template", .text, "the chat template of the result: auto, chatml or the template itself"),
      Field("leave_out", .list(.text), "modules that are left out of all models: heads"),
      Field("name", .text, "a name for the result"),
      Field(scalar: Self.seed),
      Field("random_seed", .scalar(Self.seed.kind), Self.seed.summary),
    ])
  }

  /// A model: a name, or mergekit's longer form for names that hold a `+`.
  private static let reference = Shape.either([.text, .object(parts)])

  private static let parts = [
    Field("model", .either([.text, .object(path)]), "the checkpoint: {path: …}"),
    Field("lora", .either([.text, .object(path)]), "the adapter: {path: …}"),
  ]

  private static let path = [
    Field("path", .text, "a folder, or a name of the hub"),
    Field("revision", .text, "the revision of a model of the hub"),
  ]

  private var tokenizer: [Field] {
    [
      Field("source", Self.reference, "base, union or a model"),
      Field("tokens", .table(.object(token), keysAreNames: false), "where embeddings of tokens come from"),
      Field("pad_to_multiple_of", .scalar(.integer(1...65_536)), "rows of embeddings are a multiple of it"),
    ]
  }

  private var token: [Field] {
    let other = Shape.object([
      Field("kind", .scalar(.choice(["zero", "model_token"])), "zeros, or a token of a model"),
      Field("model", .either([.text, .object(Self.path + Self.parts)]), "the model"),
      Field("lora", .either([.text, .object(Self.path)]), "its adapter"),
      Field("token", .text, "the token there"),
      Field("token_id", .scalar(.integer(0...10_000_000)), "the row there"),
    ])
    return [
      Field("source", .either([.text, other]), "a model, or {kind: …}"),
      Field("force", .scalar(.flag), "whether all models take it from there"),
    ]
  }

  private var model: [Field] {
    [
      Field("model", Self.reference, required: true, "the folder of a checkpoint, or checkpoint+adapter"),
      Field("parameters", parameters, "parameters of one model"),
    ]
  }

  private var slice: [Field] {
    let layers = Shape.list(.scalar(.integer(0...1_000_000)))
    return [
      Field(
        "sources",
        .list(.object(model + [Field("layer_range", layers, required: true, "[first, one past the last]")])),
        required: true, "the models of these layers"),
      Field("base_model", Self.reference, "the base of these layers"),
      Field("parameters", parameters, "parameters of these layers"),
    ]
  }

  private var module: [Field] {
    [
      Field("models", .list(.object(model)), "the models"),
      Field("slices", .list(.object(slice)), "the layers of the result"),
      Field("parameters", parameters, "parameters of the method"),
    ]
  }

  /// The parameters of the method; of one that does not exist anything goes, so that one mistake is reported once.
  private var parameters: Shape {
    guard let method else { return .table(Self.setting(.choice([])), keysAreNames: false) }
    var specs = method.shared + method.own
    // Recipes carry it along, and it never changes a number.
    if !specs.contains(where: { $0.name == Self.int8Mask.name }) { specs.append(Self.int8Mask) }
    return .object(specs.map { Field($0.name, Self.setting($0.kind), $0.summary) })
  }

  /// One value, a gradient, or values with filters.
  private static func setting(_ kind: ParameterSpec.Kind) -> Shape {
    let one = kind == .choice([]) ? Shape.text : Shape.scalar(kind)
    let gradient = Shape.list(one)
    let choice = Shape.object([
      Field("filter", .text, "a part of the names of the tensors"),
      Field("value", .either([one, gradient]), required: true, "one value, or a gradient over the layers"),
    ])
    return .either([one, .list(.either([one, choice])), choice])
  }
}
