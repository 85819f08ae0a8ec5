internal import Basics

extension StageKind where Stage == any TokenModel {
  static let bytePair = StageKind("BPE") { section throws(Diagnostic) in try BytePairModel.read(section) }
}

extension BytePairModel {
  /// Reads `model` of a `tokenizer.json`.
  static func read(_ section: FileSection) throws(Diagnostic) -> BytePairModel {
    if let dropout = section.value("dropout"), dropout.number != 0 {
      throw section.problem(
        "a dropout of merges makes other tokens each time, which is not supported", "dropout",
        hint: "set it to null")
    }
    let vocabulary = try section.vocabulary()
    let names = ByteTable(vocabulary.map { (Array($0.token.utf8), $0.id) })
    var settings = Settings()
    settings.isByteLevel = section.isByteLevel
    settings.fusesUnknown = try section.flag("fuse_unk", usually: false)
    settings.fallsBackToBytes = try section.flag("byte_fallback", usually: false)
    settings.ignoresMerges = try section.flag("ignore_merges", usually: false)
    settings.prefix = try section.optionalText("continuing_subword_prefix") ?? ""
    settings.suffix = try section.optionalText("end_of_word_suffix") ?? ""
    try checkBytes(settings, names, section)
    var unknownID: Int32?
    settings.unknown = try section.optionalText("unk_token")
    if let unknown = settings.unknown {
      unknownID = names.value(Array(unknown.utf8))
      if unknownID == nil {
        throw section.problem("the vocabulary lacks the unknown token '\(unknown)'", "unk_token")
      }
    }
    return BytePairModel(
      vocabulary: vocabulary, merges: MergeTable(try merges(section, names, prefix: settings.prefix)),
      unknownID: unknownID, settings: settings)
  }

  /// Refuses what is said in characters of GPT-2's alphabet and cannot be said in bytes.
  private static func checkBytes(
    _ settings: Settings, _ names: ByteTable, _ section: FileSection
  ) throws(Diagnostic) {
    guard settings.isByteLevel else { return }
    for (key, text) in [
      ("continuing_subword_prefix", settings.prefix), ("end_of_word_suffix", settings.suffix),
    ]
    where ByteAlphabet.bytes(of: text) == nil {
      throw section.problem("'\(text)' is not in the alphabet of ByteLevel", key)
    }
    let isWhole = ByteAlphabet.scalars.allSatisfy { scalar in
      var key: [UInt8] = []
      if scalar < 0x80 { key = [UInt8(scalar)] } else { appendScalar(scalar, to: &key) }
      return names.value(key) != nil
    }
    if settings.fallsBackToBytes, !isWhole {
      throw section.problem(
        "byte_fallback behind ByteLevel needs all 256 characters of its alphabet in the vocabulary",
        "byte_fallback")
    }
  }

  /// The merges as ids: pairs, or texts with a space between both tokens.
  private static func merges(
    _ section: FileSection, _ names: ByteTable, prefix: String
  ) throws(Diagnostic) -> [(left: Int32, right: Int32, id: Int32)] {
    let entries = try section.list("merges")
    var merges: [(left: Int32, right: Int32, id: Int32)] = []
    merges.reserveCapacity(entries.count)
    // The mark of continuing tokens stands only once in what two of them become.
    let dropped = prefix.unicodeScalars.count
    for (index, entry) in entries.enumerated() {
      guard let (left, right) = pair(entry) else {
        throw section.problem(
          "neither two tokens nor a text of two tokens with a space between", "merges.\(index)")
      }
      guard let leftID = names.value(left), let rightID = names.value(right),
        let id = names.value(left + right.dropFirst(dropped))
      else {
        let tokens = [left, right, left + right.dropFirst(dropped)]
        let missing = tokens.first { names.value($0) == nil } ?? []
        throw section.problem(
          "the vocabulary lacks the token '\(String(decoding: missing, as: UTF8.self))'", "merges.\(index)")
      }
      merges.append((leftID, rightID, id))
    }
    return merges
  }

  private static func pair(_ entry: JSON) -> (left: [UInt8], right: [UInt8])? {
    switch entry {
    case .text(let text):
      let parts = Array(text.utf8).split(separator: 0x20, omittingEmptySubsequences: false)
      return parts.count == 2 ? (Array(parts[0]), Array(parts[1])) : nil
    case .list(let items):
      guard items.count == 2, let left = items[0].text, let right = items[1].text else { return nil }
      return (Array(left.utf8), Array(right.utf8))
    case .null, .flag, .number, .object: return nil
    }
  }
}

extension FileSection {
  /// The vocabulary of a model.
  func vocabulary() throws(Diagnostic) -> [(token: String, id: Int32)] {
    guard let members = members["vocab"]?.members else {
      throw problem("an object of tokens and ids is missing", "vocab")
    }
    var vocabulary: [(token: String, id: Int32)] = []
    vocabulary.reserveCapacity(members.count)
    for member in members { vocabulary.append((member.name, try id(member.value, "vocab.\(member.name)"))) }
    return vocabulary
  }
}
