internal import Basics
internal import Foundation

/// What config.json says of a BERT encoder.
public struct ModelConfiguration: Sendable, Hashable {
  /// Width.
  public var hiddenSize: Int
  /// Blocks.
  public var hiddenLayers: Int
  /// Attention heads.
  public var attentionHeads: Int
  /// Width of the feed-forward layer.
  public var intermediateSize: Int
  /// Tokens of the vocabulary.
  public var vocabularySize: Int
  /// The longest sequence.
  public var maxPositionEmbeddings: Int
  /// Token types.
  public var typeVocabularySize: Int
  /// ε of the layer norms.
  public var layerNormEpsilon: Double

  /// Makes a configuration.
  public init(
    hiddenSize: Int, hiddenLayers: Int, attentionHeads: Int, intermediateSize: Int, vocabularySize: Int,
    maxPositionEmbeddings: Int, typeVocabularySize: Int, layerNormEpsilon: Double
  ) {
    self.hiddenSize = hiddenSize
    self.hiddenLayers = hiddenLayers
    self.attentionHeads = attentionHeads
    self.intermediateSize = intermediateSize
    self.vocabularySize = vocabularySize
    self.maxPositionEmbeddings = maxPositionEmbeddings
    self.typeVocabularySize = typeVocabularySize
    self.layerNormEpsilon = layerNormEpsilon
  }

  private struct File: Codable {
    var architectures: [String]?
    var model_type: String?
    var hidden_size: Int?
    var num_hidden_layers: Int?
    var num_attention_heads: Int?
    var intermediate_size: Int?
    var vocab_size: Int?
    var max_position_embeddings: Int?
    var type_vocab_size: Int?
    var layer_norm_eps: Double?
    var hidden_act: String?
    var position_embedding_type: String?
  }

  /// Reads the config.json of a folder.
  ///
  /// - Throws: a `Diagnostic` for a missing key and for what this program cannot compute.
  public init(folder: String) throws {
    let path = folder + "/config.json"
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
      throw Diagnostic("cannot read the base's configuration", at: Place(file: path), hint: "is this a Hugging Face folder?")
    }
    let file: File
    do {
      file = try JSONDecoder().decode(File.self, from: data)
    } catch {
      throw Diagnostic("the configuration is not what it should be: \(error)", at: Place(file: path))
    }
    func need<Value>(_ value: Value?, _ key: String) throws -> Value {
      guard let value else { throw Diagnostic("the key '\(key)' is missing", at: Place(file: path)) }
      return value
    }
    func refuse(_ key: String, _ value: String, _ known: [String]) -> Diagnostic {
      Diagnostic(
        "\(key) '\(value)' is not supported", at: Place(file: path), hint: "supported: \(known.joined(separator: ", "))")
    }
    let type = try need(file.model_type, "model_type")
    guard type == "bert" else { throw refuse("model_type", type, ["bert"]) }
    if let act = file.hidden_act, act != "gelu" { throw refuse("hidden_act", act, ["gelu"]) }
    if let kind = file.position_embedding_type, kind != "absolute" {
      throw refuse("position_embedding_type", kind, ["absolute"])
    }
    self.init(
      hiddenSize: try need(file.hidden_size, "hidden_size"),
      hiddenLayers: try need(file.num_hidden_layers, "num_hidden_layers"),
      attentionHeads: try need(file.num_attention_heads, "num_attention_heads"),
      intermediateSize: try need(file.intermediate_size, "intermediate_size"),
      vocabularySize: try need(file.vocab_size, "vocab_size"),
      maxPositionEmbeddings: try need(file.max_position_embeddings, "max_position_embeddings"),
      typeVocabularySize: file.type_vocab_size ?? 2, layerNormEpsilon: file.layer_norm_eps ?? 1e-12)
    let sizes = [hiddenSize, hiddenLayers, attentionHeads, intermediateSize, vocabularySize, maxPositionEmbeddings]
    guard sizes.allSatisfy({ $0 > 0 }), hiddenSize % attentionHeads == 0 else {
      throw Diagnostic(
        "impossible sizes: hidden_size \(hiddenSize), num_attention_heads \(attentionHeads)", at: Place(file: path))
    }
  }

  /// Writes a config.json.
  public func write(to path: String) throws {
    let file = File(
      architectures: ["BertModel"], model_type: "bert", hidden_size: hiddenSize, num_hidden_layers: hiddenLayers,
      num_attention_heads: attentionHeads, intermediate_size: intermediateSize, vocab_size: vocabularySize,
      max_position_embeddings: maxPositionEmbeddings, type_vocab_size: typeVocabularySize,
      layer_norm_eps: layerNormEpsilon, hidden_act: "gelu", position_embedding_type: "absolute")
    try StableHash.canonicalJSON(file).write(to: URL(fileURLWithPath: path))
  }
}
