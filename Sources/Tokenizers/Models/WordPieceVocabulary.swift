internal import Basics
public import Foundation

/// Makes the vocabulary and the file of a small tokenizer, for an encoder that is pretrained from nothing.
public enum WordPieceVocabulary {
  /// The special tokens, in the order of their ids.
  public static let specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

  /// A vocabulary of at most `limit` tokens for some texts.
  ///
  /// First the special tokens, then every scalar seen and its continuing form `##x` (by scalar), then
  /// whole lower-cased words by falling count, words of one count by name. With all scalars in it, no
  /// word of the texts is unknown unless `limit` is too small for that. Cost: O(scalars + words·log words).
  /// - Parameters:
  ///   - texts: What the vocabulary is for.
  ///   - limit: The most tokens.
  /// - Returns: The tokens in the order of their ids.
  public static func train(_ texts: some Sequence<String>, limit: Int) -> [String] {
    precondition(
      limit >= specials.count, "a vocabulary of \(limit) has no room for \(specials.count) specials")
    let normalizer = BertNormalizer(
      cleansText: true, isolatesIdeographs: true, stripsAccents: true, lowercases: true)
    var counts: [[UInt8]: Int] = [:]
    for text in texts {
      let normalized = normalizer.normalized(Array(text.utf8))
      BertPreTokenizer.forEachWord(normalized, in: 0..<normalized.count) { word in
        counts[Array(normalized[word]), default: 0] += 1
      }
    }
    var scalars: Set<Unicode.Scalar> = []
    for word in counts.keys { scalars.formUnion(String(decoding: word, as: UTF8.self).unicodeScalars) }
    let characters = scalars.sorted().map { String(Character($0)) }
    let words = counts.filter { String(decoding: $0.key, as: UTF8.self).unicodeScalars.count > 1 }
      .sorted { a, b in a.value == b.value ? a.key.lexicographicallyPrecedes(b.key) : a.value > b.value }
      .map { String(decoding: $0.key, as: UTF8.self) }
    return Array((specials + characters + characters.map { "##\($0)" } + words).prefix(limit))
  }

  /// A `tokenizer.json` that this module and the Hugging Face library read alike.
  ///
  /// - Parameters:
  ///   - vocabulary: The tokens in the order of their ids, with all of `specials` among them.
  ///   - lowercase: Whether texts are lower-cased and their accents stripped.
  /// - Returns: The bytes of the file.
  public static func tokenizerJSON(vocabulary: [String], lowercase: Bool) throws -> Data {
    var ids: [(name: String, id: Int)] = []
    for special in specials {
      guard let id = vocabulary.firstIndex(of: special) else {
        preconditionFailure("the vocabulary lacks \(special)")
      }
      ids.append((special, id))
    }
    func id(_ name: String) -> Int { ids.first { $0.name == name }?.id ?? 0 }
    let added = ids.sorted { $0.id < $1.id }.map { entry in
      """
          {"id": \(entry.id), "content": \(JSONText.quoted(entry.name)), "single_word": false, "lstrip": false, \
      "rstrip": false, "normalized": false, "special": true}
      """
    }
    let vocab = vocabulary.enumerated().map { "      \(JSONText.quoted($1)): \($0)" }
    let text = """
      {
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [
      \(added.joined(separator: ",\n"))
        ],
        "normalizer": {
          "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
          "strip_accents": null, "lowercase": \(lowercase)
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
          "type": "TemplateProcessing",
          "single": [\(special("[CLS]", 0)), \(sequence("A", 0)), \(special("[SEP]", 0))],
          "pair": [
            \(special("[CLS]", 0)), \(sequence("A", 0)), \(special("[SEP]", 0)),
            \(sequence("B", 1)), \(special("[SEP]", 1))
          ],
          "special_tokens": {
            "[CLS]": {"id": "[CLS]", "ids": [\(id("[CLS]"))], "tokens": ["[CLS]"]},
            "[SEP]": {"id": "[SEP]", "ids": [\(id("[SEP]"))], "tokens": ["[SEP]"]}
          }
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {
          "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
          "max_input_chars_per_word": 100,
          "vocab": {
      \(vocab.joined(separator: ",\n"))
          }
        }
      }

      """
    return Data(text.utf8)
  }

  private static func special(_ name: String, _ type: Int) -> String {
    "{\"SpecialToken\": {\"id\": \"\(name)\", \"type_id\": \(type)}}"
  }

  private static func sequence(_ name: String, _ type: Int) -> String {
    "{\"Sequence\": {\"id\": \"\(name)\", \"type_id\": \(type)}}"
  }
}
