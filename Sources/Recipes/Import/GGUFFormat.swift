internal import Basics
internal import Checkpoints
internal import LinearAlgebra

extension ImportFormat {
  /// llama.cpp's files.
  static let gguf = ImportFormat(
    name: "GGUF", summary: "llama.cpp's .gguf, versions 2 and 3", suffix: ".gguf", needsTokenizer: false,
    recognises: { $0.bytes(0..<min(4, $0.count)) == GGUFFile.magic },
    open: { path, _ in try GGUFModel.open(GGUFFile(path: path)) })
}

/// A decoder in a GGUF file.
enum GGUFModel {
  /// What its folder will be.
  ///
  /// - Throws: a `Diagnostic` where it is of an unknown architecture, or where tensors or keys are missing or unknown.
  static func open(_ file: GGUFFile) throws -> ImportedModel {
    guard let word = try file.text("general.architecture") else {
      throw Diagnostic("the key 'general.architecture' is missing", at: Place(file: file.path))
    }
    let row = try DecoderArchitectures.all.entry(
      named: word, at: file.place(key: "general.architecture"))
    try checkQuantisation(file)
    let keys = try DecoderKeys(file, row)
    var notes: [String] = []
    let tokenizer = try GGUFTokenizer.read(file, architecture: word, notes: &notes)
    let tensors = try tensors(file, row.tensors(keys))
    if tokenizer.tokens.count > keys.vocabulary {
      throw Diagnostic(
        "there are \(tokenizer.tokens.count) tokens and \(keys.vocabulary) rows of embeddings",
        at: file.place(tensor: "token_embd.weight"))
    }
    if let note = exactType(tensors) { notes.append(note) }
    return ImportedModel(
      words: "\(word) of \(keys.blocks) blocks, width \(keys.width)",
      configuration: try row.configuration(keys) + tokenizer.configuration, tensors: tensors,
      tokenizer: tokenizer, notes: notes)
  }

  /// Quantised blocks were others before version 2 of their own numbering.
  private static func checkQuantisation(_ file: GGUFFile) throws(Diagnostic) {
    let key = "general.quantization_version"
    guard file.tensors.contains(where: { $0.format.plain == nil }),
      let version = try file.whole(key, in: 0...1 << 31), version != 2
    else { return }
    throw Diagnostic(
      "blocks of version \(version) are not read; read is 2", at: file.place(key: key),
      hint: "quantise the model again with today's llama.cpp")
  }

  /// Takes every tensor of the file for one that the architecture has.
  private static func tensors(_ file: GGUFFile, _ slots: [TensorSlot]) throws -> [ImportedTensor] {
    var stored: [String: GGUFTensor] = [:]
    for tensor in file.tensors { stored[tensor.name] = tensor }
    var result: [ImportedTensor] = []
    for slot in slots {
      guard let tensor = stored.removeValue(forKey: slot.stored) else {
        if slot.isOptional { continue }
        throw Diagnostic(
          "the tensor '\(slot.stored)' is missing", at: Place(file: file.path),
          hint: "fetch or write the file again")
      }
      // What only the configuration is made of has no name of its own.
      guard !slot.name.isEmpty else { continue }
      guard tensor.shape == slot.shape else {
        throw Diagnostic(
          "the tensor has the sizes \(tensor.shape), the file's keys ask for \(slot.shape)",
          at: file.place(tensor: tensor.name))
      }
      result.append(
        ImportedTensor(
          name: slot.name, shape: slot.order == .transposed ? slot.shape.reversed() : slot.shape,
          order: slot.order, numbers: try file.numbers(tensor), place: file.place(tensor: tensor.name)))
    }
    let left = file.tensors.filter { stored[$0.name] != nil }
    if let first = left.first {
      let more = left.count > 1 ? " (and \(left.count - 1) more)" : ""
      throw Diagnostic(
        "the tensor\(more) is none that a model of this architecture has", at: file.place(tensor: first.name),
        hint: "a model imported without it would give other answers")
    }
    return result
  }

  /// A hint where all numbers are kept in half the bytes of the usual type.
  private static func exactType(_ tensors: [ImportedTensor]) -> String? {
    let matrices = tensors.filter { $0.shape.count > 1 }
    let formats = Set(matrices.map(\.numbers.format.number))
    guard formats.count == 1, let format = matrices.first?.numbers.format else { return nil }
    switch format.plain {
    case .float16: return "all matrices are stored in 16 bits: --dtype float16 keeps them as they are"
    case .bfloat16: return "all matrices are stored in 16 bits: --dtype bfloat16 keeps them as they are"
    case .float32, .float64, nil: return nil
    }
  }
}

extension TokenizerDescription {
  /// The tokens that `config.json` names.
  var configuration: [(name: String, value: JSON)] {
    [("bos_token_id", beginning), ("eos_token_id", end), ("pad_token_id", padding)].map { name, id in
      (name, id.map { .whole($0) } ?? .null)
    }
  }
}
