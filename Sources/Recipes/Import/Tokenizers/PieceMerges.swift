internal import Basics

/// SentencePiece's BPE, which knows scores, in the words of the `tokenizers` library, which knows merges.
enum PieceMerges {
  /// The pairs of tokens that make a token, those of the highest score first.
  ///
  /// SentencePiece and llama.cpp join the two neighbours whose piece has the highest score, whatever the two are; so
  /// each way to cut a token into two tokens is a merge with that token's score for its rank. Of equal scores they
  /// take the leftmost place, which no list of merges can say; scores are taken to differ, and ways to cut one token,
  /// which have one score, stand in the order of their parts' numbers, as transformers' converter has them.
  /// Cost: as many look-ups as the tokens have characters.
  static func merges(
    of tokenizer: TokenizerDescription, scores: [Float]
  ) throws(Diagnostic) -> [(left: String, right: String)] {
    try checkBytes(tokenizer)
    var ids: [ExactText: Int] = [:]
    for (id, token) in tokenizer.tokens.enumerated() { ids[ExactText(token)] = id }
    var merges: [(left: String, right: String)] = []
    let order = tokenizer.tokens.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
    for id in order {
      let scalars = tokenizer.tokens[id].unicodeScalars
      guard scalars.count > 1 else { continue }
      var ways: [(left: Int, right: Int)] = []
      for cut in scalars.indices.dropFirst() {
        guard let left = ids[ExactText(String(scalars[..<cut]))],
          let right = ids[ExactText(String(scalars[cut...]))]
        else { continue }
        ways.append((left, right))
      }
      for way in ways.sorted(by: { ($0.left, $0.right) < ($1.left, $1.right) }) {
        merges.append((tokenizer.tokens[way.left], tokenizer.tokens[way.right]))
      }
    }
    return merges
  }

  /// What is no token becomes the tokens of its bytes, so there must be all of them.
  private static func checkBytes(_ tokenizer: TokenizerDescription) throws(Diagnostic) {
    let known = Set(tokenizer.tokens.map { ExactText($0) })
    for byte in 0..<256 {
      let digits = String(byte, radix: 16, uppercase: true)
      let token = "<0x\(byte < 16 ? "0" : "")\(digits)>"
      guard known.contains(ExactText(token)) else {
        throw Diagnostic(
          "the vocabulary has no token '\(token)' for the byte \(byte)", at: Place(file: tokenizer.path),
          hint: "vocabularies without a token for every byte are not read")
      }
    }
  }
}
