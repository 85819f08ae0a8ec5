internal import Basics
internal import Checkpoints
internal import LinearAlgebra

/// A format of models that `import` reads.
struct ImportFormat: CatalogEntry {
  let name: String
  let summary: String
  /// What the names of its files end in.
  let suffix: String
  /// Whether a file beside the model has the tokenizer.
  let needsTokenizer: Bool
  /// Whether a file is of the format, by its first bytes and its size.
  let recognises: @Sendable (_ mapping: MappedFile) -> Bool
  /// Opens a model and says what its folder will be.
  ///
  /// - Throws: a `Diagnostic` where it cannot be read or is of a kind that is not known.
  let open: @Sendable (_ path: String, _ tokenizer: String?) throws -> ImportedModel
}

/// The formats that `import` reads.
enum ImportFormats {
  static let all = Catalog("format of models", [ImportFormat.gguf, .llama2c])

  /// Opens a model in a file of any of them.
  ///
  /// - Parameter tokenizer: The file with its tokenizer, for formats that have one apart.
  static func open(_ path: String, tokenizer: String?) throws -> ImportedModel {
    let format = try format(of: path)
    if let tokenizer, !format.needsTokenizer {
      throw Diagnostic(
        "a file of the format \(format.name) has its tokenizer in itself", at: Place(file: tokenizer),
        hint: "leave --tokenizer out")
    }
    if tokenizer == nil, format.needsTokenizer {
      throw Diagnostic(
        "a file of the format \(format.name) has no tokenizer", at: Place(file: path),
        hint: "name its file: --tokenizer tok512.bin")
    }
    return try format.open(path, tokenizer)
  }

  private static func format(of path: String) throws -> ImportFormat {
    let mapping = try MappedFile(path: path)
    try InputFile.refusePointer(mapping.bytes(0..<min(64, mapping.count)), path: path)
    if let format = all.entries.first(where: { $0.recognises(mapping) }) { return format }
    // A file that is called so is damaged, and its own reader says how.
    if let format = all.entries.first(where: { path.lowercased().hasSuffix($0.suffix) }) { return format }
    throw Diagnostic(
      "the file is of no format that is read", at: Place(file: path),
      hint: "read are " + all.entries.map { "\($0.name) (\($0.summary))" }.joined(separator: " and "))
  }
}
