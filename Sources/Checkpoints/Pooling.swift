internal import Basics
internal import Foundation

/// How the vectors of a row's tokens become one.
public enum Pooling: String, Sendable, CaseIterable {
  /// Their mean.
  case mean
  /// The first token's.
  case cls

  private struct File: Codable {
    var word_embedding_dimension: Int?
    var pooling_mode_cls_token: Bool?
    var pooling_mode_mean_tokens: Bool?
    var pooling_mode_max_tokens: Bool?
  }

  /// Reads the sentence-transformers folder `1_Pooling` of a base; without one it is the mean.
  ///
  /// - Throws: a `Diagnostic` for a pooling that is neither mean nor first token.
  public init(folder: String) throws {
    let path = folder + "/1_Pooling/config.json"
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
      self = .mean
      return
    }
    let file = try? JSONDecoder().decode(File.self, from: data)
    switch (file?.pooling_mode_mean_tokens ?? false, file?.pooling_mode_cls_token ?? false) {
    case (true, false): self = .mean
    case (false, true): self = .cls
    default:
      throw Diagnostic(
        "the pooling is neither the mean nor the first token", at: Place(file: path),
        hint: "set exactly one of pooling_mode_mean_tokens and pooling_mode_cls_token")
    }
  }

  /// Writes the folder `1_Pooling`, which must exist.
  public func write(to folder: String, hidden: Int) throws {
    let file = File(
      word_embedding_dimension: hidden, pooling_mode_cls_token: self == .cls, pooling_mode_mean_tokens: self == .mean,
      pooling_mode_max_tokens: false)
    try StableHash.canonicalJSON(file).write(to: URL(fileURLWithPath: folder + "/1_Pooling/config.json"))
  }
}
