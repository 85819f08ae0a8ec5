public import Basics
public import Checkpoints

/// The families of models that can be trained and evaluated; a family is one folder and one row here.
public enum NetworkFamilies {
  /// All rows.
  public static let all = Catalog(
    "model_type", [.bert, .distilBERT, .mpNet, .llama, .mistral, .qwen2] as [NetworkFamily])

  /// What the config.json of a folder describes.
  ///
  /// - Throws: a `Diagnostic` for a family that is not known, or a configuration that lacks a size. What else of it is not
  ///   supported is `unsupported` of the description.
  public static func describe(folder: String) throws(Diagnostic) -> any NetworkDescription {
    let file = try JSONFile(path: folder + "/config.json")
    return try family(file).describe(file)
  }

  /// Opens the weights that lie in a folder.
  ///
  /// - Parameter derived: A file of tensors that were made from these weights before.
  /// - Throws: a `Diagnostic` for what is missing, of another shape, or not supported.
  public static func open(folder: String, derived: SafeTensorsFile? = nil) throws(Diagnostic) -> any Network {
    let description = try describe(folder: folder)
    if let problem = description.unsupported.first { throw problem }
    var checkpoint = try checkpoint(folder: folder)
    checkpoint.derived = derived
    return try description.network(checkpoint)
  }

  /// The tensors of a folder under the names that its family gives a bare model; of a family that is not known, as they are.
  public static func checkpoint(folder: String) throws(Diagnostic) -> Checkpoint {
    let family = try? family(JSONFile(path: folder + "/config.json"))
    return try Checkpoint(folder: folder, prefix: family?.prefix ?? .none)
  }

  /// The family that a sweep's own base is of.
  public static func pretrained(
    layers: Int, hidden: Int, heads: Int, intermediate: Int, vocabulary: Int, positions: Int
  ) -> any NetworkDescription {
    EncoderDesign.bert(
      layers: layers, hidden: hidden, heads: heads, intermediate: intermediate, vocabulary: vocabulary,
      positions: positions)
  }

  private static func family(_ file: JSONFile) throws(Diagnostic) -> NetworkFamily {
    let name = try file.required("model_type", "a string") { $0.text }
    if let family = all.entries.first(where: { $0.name == name }) { return family }
    throw Diagnostic(
      "model_type '\(name)' is not supported", at: Place(file: file.path),
      hint: "supported: \(all.names.joined(separator: ", "))")
  }
}
