internal import Basics
internal import Checkpoints
internal import LinearAlgebra

extension ImportFormat {
  /// The first format of llama2.c: seven sizes, then all weights in single precision in a fixed order.
  ///
  /// Source: export.py of karpathy/llama2.c, version 0.
  static let llama2c = ImportFormat(
    name: "llama2.c", summary: "its first format, .bin, with a vocabulary such as tok512.bin", suffix: ".bin",
    needsTokenizer: true, recognises: { mapping in Llama2CSizes(mapping)?.bytes == mapping.count },
    open: { path, tokenizer in
      let mapping = try MappedFile(path: path)
      guard let sizes = Llama2CSizes(mapping), sizes.bytes == mapping.count else {
        let isLater = mapping.bytes(0..<min(4, mapping.count)) == Array("42ka".utf8)
        throw Diagnostic(
          isLater
            ? "later formats of llama2.c are not read"
            : "the file's size does not fit the sizes in its beginning",
          at: Place(file: path),
          hint: isLater ? "export the model with --version 0" : "read is the first format of llama2.c")
      }
      return sizes.model(mapping, path, try PieceFile.read(tokenizer ?? "", count: sizes.vocabulary))
    })
}

/// The sizes in the beginning of a file of llama2.c.
private struct Llama2CSizes {
  let width: Int
  let feedForward: Int
  let blocks: Int
  let heads: Int
  let keyValueHeads: Int
  /// Tokens.
  let vocabulary: Int
  let isTied: Bool
  let context: Int

  private static let header = 28

  /// Nil where they are those of no model.
  init?(_ mapping: MappedFile) {
    guard mapping.count >= Self.header else { return nil }
    let sizes = (0..<7).map { Int(mapping.integer(Int32.self, at: 4 * $0)) }
    width = sizes[0]
    feedForward = sizes[1]
    blocks = sizes[2]
    heads = sizes[3]
    keyValueHeads = sizes[4]
    // A head of its own is told by a sign.
    vocabulary = abs(sizes[5])
    isTied = sizes[5] > 0
    context = sizes[6]
    guard [width, feedForward, blocks, heads, keyValueHeads, vocabulary, context].allSatisfy({ $0 > 0 }),
      // Products of them stay far within 64 bits.
      [width, feedForward, vocabulary, context].allSatisfy({ $0 < 1 << 24 }), blocks < 1 << 10,
      width % heads == 0, heads % keyValueHeads == 0, width / heads % 2 == 0
    else { return nil }
  }

  /// A weight with its rows and columns, in the order of the file; nil for tables that are computed again.
  private var parts: [(name: String?, rows: Int, columns: Int)] {
    let values = width / heads * keyValueHeads
    func all(_ name: String, _ rows: Int, _ columns: Int) -> [(name: String?, rows: Int, columns: Int)] {
      (0..<blocks).map { ("model.layers.\($0).\(name).weight", rows, columns) }
    }
    let ends: [(name: String?, rows: Int, columns: Int)] = [
      ("model.norm.weight", 1, width), (nil, context, width / heads / 2), (nil, context, width / heads / 2),
    ]
    return [("model.embed_tokens.weight", vocabulary, width)] + all("input_layernorm", 1, width)
      + all("self_attn.q_proj", width, width) + all("self_attn.k_proj", values, width)
      + all("self_attn.v_proj", values, width) + all("self_attn.o_proj", width, width)
      + all("post_attention_layernorm", 1, width) + all("mlp.gate_proj", feedForward, width)
      + all("mlp.down_proj", width, feedForward) + all("mlp.up_proj", feedForward, width) + ends
      + (isTied ? [] : [("lm_head.weight", vocabulary, width)])
  }

  /// Bytes of the file.
  var bytes: Int { parts.reduce(Self.header) { $0 + 4 * $1.rows * $1.columns } }

  func model(_ mapping: MappedFile, _ path: String, _ tokenizer: TokenizerDescription) -> ImportedModel {
    var offset = Self.header
    var tensors: [ImportedTensor] = []
    for (name, rows, columns) in parts {
      defer { offset += 4 * rows * columns }
      guard let name else { continue }
      let order: RowOrder =
        name.hasSuffix("q_proj.weight")
        ? .interleaved(heads: heads)
        : name.hasSuffix("k_proj.weight") ? .interleaved(heads: keyValueHeads) : .asStored
      let numbers = BlockNumbers(
        mapping: mapping, byteOffset: offset, rows: rows, columns: columns, format: .float32)
      tensors.append(
        ImportedTensor(
          name: name, shape: rows == 1 && name.contains("norm") ? [columns] : [rows, columns], order: order,
          numbers: numbers, place: Place(file: path, detail: "weight '\(name)'")))
    }
    let configuration: [(name: String, value: JSON)] = [
      ("architectures", .list([.text("LlamaForCausalLM")])), ("model_type", .text("llama")),
      ("attention_bias", .flag(false)), ("mlp_bias", .flag(false)), ("hidden_act", .text("silu")),
      ("hidden_size", .whole(width)), ("intermediate_size", .whole(feedForward)),
      ("num_hidden_layers", .whole(blocks)), ("num_attention_heads", .whole(heads)),
      ("num_key_value_heads", .whole(keyValueHeads)), ("head_dim", .whole(width / heads)),
      // Both are written into llama2.c's code.
      ("rms_norm_eps", .single(1e-5)), ("rope_theta", .single(10_000)), ("rope_scaling", .null),
      ("max_position_embeddings", .whole(context)), ("vocab_size", .whole(vocabulary)),
      ("tie_word_embeddings", .flag(isTied)),
    ]
    return ImportedModel(
      words: "llama of \(blocks) blocks, width \(width)",
      configuration: configuration + tokenizer.configuration, tensors: tensors, tokenizer: tokenizer,
      notes: [])
  }
}

/// A vocabulary of llama2.c: the longest token's length, then for each token a score, a length and its bytes.
private enum PieceFile {
  static func read(_ path: String, count: Int) throws -> TokenizerDescription {
    let mapping = try MappedFile(path: path)
    var offset = 4
    var tokens: [String] = []
    var scores: [Float] = []
    for id in 0..<count {
      let place = Place(file: path, detail: "token \(id)")
      guard offset <= mapping.count - 8 else {
        throw Diagnostic(
          "the file ends after \(id) tokens, and the model has \(count)", at: Place(file: path),
          hint: "name the vocabulary that the model was trained with")
      }
      scores.append(Float(bitPattern: mapping.integer(UInt32.self, at: offset)))
      let length = Int(mapping.integer(Int32.self, at: offset + 4))
      offset += 8
      guard length >= 0, length <= mapping.count - offset else {
        throw Diagnostic("a length of \(length) bytes passes the end of the file", at: place)
      }
      guard let text = String(validating: mapping.bytes(offset..<offset + length), as: UTF8.self) else {
        throw Diagnostic("the token is not UTF-8", at: place)
      }
      tokens.append(text)
      offset += length
    }
    guard offset == mapping.count else {
      throw Diagnostic(
        "the file has more than the \(count) tokens of the model", at: Place(file: path),
        hint: "name the vocabulary that the model was trained with")
    }
    return try description(tokens, scores, path)
  }

  /// Spaces stand for SentencePiece's sign, and the first three tokens are always the same.
  private static func description(
    _ tokens: [String], _ scores: [Float], _ path: String
  ) throws -> TokenizerDescription {
    let named = ["<unk>", "<s>", "</s>"]
    guard tokens.count > 259, zip(tokens, named).allSatisfy({ $0.filter { $0 != "\n" } == $1 }) else {
      throw Diagnostic(
        "the vocabulary does not begin with <unk>, <s>, </s> and 256 bytes", at: Place(file: path))
    }
    let pieces = tokens.enumerated().map { id, token in
      id < 3 ? named[id] : token.replacing(" ", with: TokenizerDescription.space)
    }
    let kinds = tokens.indices.map { id -> TokenizerDescription.Kind in
      id == 0 ? .unknown : id < 3 ? .control : id < 259 ? .byte : .normal
    }
    let result = TokenizerDescription(
      tokens: pieces, kinds: kinds, model: .pieces(scores: scores, addsSpace: true), beginning: 1, end: 2,
      unknown: 0, padding: nil, addsBeginning: true, addsEnd: false, path: path)
    try result.check()
    return result
  }
}
