internal import Basics

/// A row of a table of stages: the word for it in a `tokenizer.json`, and how it is read.
struct StageKind<Stage>: Sendable {
  /// The `type` of its section.
  let name: String
  /// Reads its settings.
  let read: @Sendable (FileSection) throws(Diagnostic) -> Stage

  /// Makes a row.
  init(_ name: String, _ read: @escaping @Sendable (FileSection) throws(Diagnostic) -> Stage) {
    self.name = name
    self.read = read
  }
}

extension [StageKind<any Normalizer>] {
  /// The normalizers; a new one is a file in `Normalizers` and a line here.
  static let normalizers: Self = [
    .bert, .nfc, .nfd, .nfkc, .nfkd, .lowercase, .strip, .prepend, .replace, .sequence,
  ]
}

extension [StageKind<any PreTokenizer>] {
  /// The pre-tokenizers; a new one is a file in `PreTokenizers` and a line here.
  static let preTokenizers: Self = [.bert, .byteLevel, .split, .digits, .metaspace, .sequence]
}

extension [StageKind<any TokenModel>] {
  /// The models; a new one is a file in `Models` and a line here.
  static let models: Self = [.wordPiece, .bytePair]
}

extension [StageKind<SpecialTokenTemplate?>] {
  /// The post-processors; a new one is a line here, its special tokens in `PostProcessing`.
  static let postProcessors: Self = [.template, .bert, .roberta, .byteLevel, .sequence]
}

extension [StageKind<any Decoder>] {
  /// The decoders; a new one is a file in `Decoders` and a line here.
  static let decoders: Self = [
    .byteLevel, .byteFallback, .fuse, .replace, .strip, .metaspace, .wordPiece, .sequence,
  ]
}

extension Array {
  /// Reads a section by the row that its `type` names.
  ///
  /// - Throws: a `Diagnostic` with the key, and all that is supported.
  func read<Stage>(_ section: FileSection) throws(Diagnostic) -> Stage where Element == StageKind<Stage> {
    let supported = "supported: " + map(\.name).joined(separator: ", ")
    let kind = try section.text("type", hint: supported)
    guard let row = first(where: { $0.name == kind }) else {
      throw section.problem("'\(kind)' is not supported", "type", hint: supported)
    }
    return try row.read(section)
  }
}
