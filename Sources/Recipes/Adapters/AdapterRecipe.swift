public import Basics
internal import Language
public import Merging
internal import Specs

/// One merge of adapters in folders, as a small YAML file in mergekit's words.
///
/// ```yaml
/// merge_method: ties
/// base_model: all-MiniLM-L6-v2     # may be left out; the adapters are checked against it
/// models:
///   - {model: adapters/fpb, parameters: {weight: 1}}
///   - {model: adapters/fomc, parameters: {weight: 0.5}}
/// parameters: {density: 0.5, lambda: 1}
/// ```
public struct MergeRecipe: Sendable {
  /// An adapter with its weight.
  public struct Model: Sendable {
    /// The folder as the recipe writes it.
    public var name: String
    /// The folder, from the recipe's own folder where the name is relative.
    public var path: String
    /// Its weight.
    public var weight: Double
  }

  /// A row of the merge methods.
  public var method: String
  /// The base to check against, as the recipe writes it.
  public var base: String?
  /// The adapters.
  public var models: [Model]
  /// What the recipe says of the method's parameters.
  public var parameters: [String: ParameterValue]
  /// Modules that were saved whole beside the factors, heads as a rule, and stay out of the merge.
  public var leaveOut: [String]
  /// The seed of methods that draw.
  public var seed: Int
  /// The folder that relative names start from: the recipe's.
  public var folder: String
}

/// Reads merge recipes.
public enum MergeRecipeReader {
  private static let weight = ParameterSpec(
    "weight", .number(-1e6...1e6), default: .number(1), "factor on the adapter's change")
  private static let seed = ParameterSpec(
    "seed", .integer(0...2_147_483_647), default: .number(0), "seed of methods that draw")

  /// The recipe of a text.
  ///
  /// - Parameters:
  ///   - path: The file, for messages and for relative names.
  ///   - methods: The merge methods that exist.
  ///   - home: The folder that `~` stands for at the start of a name; nil leaves it.
  /// - Throws: `Diagnostics` with all problems in the order of their places.
  public static func read(
    _ text: String, path: String, methods: [MergeMethod], home: String? = nil
  ) throws -> MergeRecipe {
    let source = SourceText(text, path: path, called: "the recipe")
    var yaml = YAMLReader(source)
    guard let root = yaml.read() else { throw source.ordered(yaml.problems) }
    if let problem = FileKind.recipe.complaint(root, source) { throw problem }
    var checker = ShapeChecker(source, passesNulls: true)
    let value = checker.value(root, shape(root, methods), path: "")
    var problems = yaml.problems + checker.problems
    if let method = value["merge_method"], let name = method.text,
      !methods.contains(where: { $0.name == name })
    {
      problems.append(
        source.diagnostic(
          "unknown merge method '\(name)'", at: method.place,
          hint: OtherWords.methodHint(name, among: methods.map(\.name))))
    }
    if let models = value["models"], models.elements?.isEmpty == true {
      problems.append(
        source.diagnostic("there are no models to merge", at: models.place, hint: "list at least one"))
    }
    if let parameters = value["parameters"], parameters.has("scale"), parameters.has("lambda") {
      let place = parameters.entry("lambda")?.keyPlace
      problems.append(
        source.diagnostic("'lambda' is another word for 'scale'", at: place, hint: "keep one of the two"))
    }
    guard problems.isEmpty else { throw source.ordered(problems) }
    return recipe(value, path: path, home: home)
  }

  private static func shape(_ root: YAMLNode, _ methods: [MergeMethod]) -> Shape {
    .object([
      Field("merge_method", .text, required: true, "how to merge"),
      Field("base_model", .text, "the base that the adapters must fit: a folder or a name"),
      Field("models", .list(.object(model)), required: true, "the adapters: a list of {model: folder}"),
      Field("parameters", .object(parameters(root, methods)), "the method's parameters"),
      Field("leave_out", .list(.text), "modules saved whole beside the factors that stay out: heads"),
      Field(scalar: seed),
    ])
  }

  private static var model: [Field] {
    [
      Field("model", .text, required: true, "the folder of an adapter"),
      Field("parameters", .object([Field(scalar: weight)]), "of one model: its weight"),
    ]
  }

  /// The parameters of the method that the recipe names; of all methods where it names none that exists, so that one
  /// mistake is not reported twice.
  private static func parameters(_ root: YAMLNode, _ methods: [MergeMethod]) -> [Field] {
    var named: String?
    if case .mapping(let pairs) = root.content, let pair = pairs.first(where: { $0.key == "merge_method" }),
      case .scalar(let text, _) = pair.value.content
    {
      named = text
    }
    let rows = methods.contains { $0.name == named } ? methods.filter { $0.name == named } : methods
    var fields: [Field] = []
    for parameter in rows.flatMap(\.parameters) where !fields.contains(where: { $0.key == parameter.name }) {
      fields.append(Field(scalar: parameter))
      // mergekit's word.
      if parameter.name == "scale" {
        fields.append(Field("lambda", .scalar(parameter.kind), parameter.summary))
      }
    }
    return fields
  }

  private static func recipe(_ value: Value, path: String, home: String?) -> MergeRecipe {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let models = (value["models"]?.elements ?? []).map { element in
      let name = element["model"]?.text ?? ""
      let path = UserPath.expanded(name, home: home)
      return MergeRecipe.Model(
        name: name, path: UserPath.cleaned(path.hasPrefix("/") ? path : "\(folder)/\(path)"),
        weight: element["parameters"]?["weight"]?.number ?? 1)
    }
    var parameters: [String: ParameterValue] = [:]
    for entry in value["parameters"]?.entries ?? [] {
      guard let setting = entry.value.settings.first else { continue }
      parameters[entry.key == "lambda" ? "scale" : entry.key] = setting
    }
    return MergeRecipe(
      method: value["merge_method"]?.text ?? "", base: value["base_model"]?.text, models: models,
      parameters: parameters, leaveOut: (value["leave_out"]?.elements ?? []).compactMap(\.text),
      seed: value["seed"]?.integer ?? 0, folder: folder)
  }
}
