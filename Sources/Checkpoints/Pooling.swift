public import Basics

/// How the last hidden states of a text become one vector.
public enum Pooling: String, Sendable, Hashable, Codable, CaseIterable {
  /// Their mean over the tokens.
  case mean
  /// The first token's state.
  case cls
  /// The last token's state: of a decoder the only one that has seen the whole text.
  case last

  /// What sentence-transformers' file of the pooling says, `1_Pooling/config.json` or the one that `modules.json` of the
  /// model's folder names; the usual one where there is none.
  ///
  /// - Throws: a `Diagnostic` where it asks for another one.
  public static func read(folder: String, usual: Pooling = .mean) throws(Diagnostic) -> Pooling {
    let path = try SentenceModules(folder: folder).poolingFile
    guard fileExists(path) else { return usual }
    let file = try JSONFile(path: path)
    var asked: [String] = []
    for member in file.tree.members ?? .init() where member.name.hasPrefix("pooling_mode_") {
      if try file.optional(member.name, "true or false", { $0.flag }) == true { asked.append(member.name) }
    }
    if asked.isEmpty, let word = try file.optional("pooling_mode", "a string", { $0.text }) {
      asked = [word]
    }
    switch asked {
    case ["pooling_mode_mean_tokens"], ["mean"], []: return .mean
    case ["pooling_mode_cls_token"], ["cls"]: return .cls
    case ["pooling_mode_lasttoken"], ["lasttoken"]: return .last
    default:
      throw Diagnostic(
        "pooling by \(asked.joined(separator: " and ")) is not supported", at: Place(file: path),
        hint: "known: pooling_mode_mean_tokens, pooling_mode_cls_token, pooling_mode_lasttoken")
    }
  }
}
