internal import Basics

/// Byte-pair encoding: a piece is its smallest units, which merge in the order in which training merged them.
///
/// Source: Sennrich et al. 2016, arXiv:1508.07909, section 3.2; over bytes in Radford et al. 2019 (GPT-2). A unit is a byte
/// behind the pre-tokenizer ByteLevel, else a scalar. Cost: O(n log n) for a piece of n units; a piece that is a token
/// is looked up as a whole.
struct BytePairModel: TokenModel {
  /// What a `tokenizer.json` says of the model.
  struct Settings: Sendable {
    var isByteLevel = false
    var unknown: String?
    var fusesUnknown = false
    var fallsBackToBytes = false
    var ignoresMerges = false
    var prefix = ""
    var suffix = ""
  }

  let kind = "BPE"
  let vocabulary: [(token: String, id: Int32)]
  let unknownID: Int32?
  private let names: ByteTable
  /// Tokens by the bytes of the text that they stand for.
  private let tokens: ByteTable
  /// Pieces that are one token as a whole.
  private var whole: ByteTable
  private let merges: MergeTable
  private let settings: Settings
  private let prefix: [UInt8]
  private let suffix: [UInt8]
  /// The token `<0x00>` and so on; empty without byte fallback.
  private let byteIDs: [Int32?]
  /// The token of each byte alone: of a byte, or of a scalar of one byte; -1 for none.
  private let single: [Int32]

  /// Makes a model; merges are ids, in their order.
  init(vocabulary: [(token: String, id: Int32)], merges: MergeTable, unknownID: Int32?, settings: Settings) {
    func bytes(_ text: String) -> [UInt8]? {
      settings.isByteLevel ? ByteAlphabet.bytes(of: text) : Array(text.utf8)
    }
    self.vocabulary = vocabulary
    self.unknownID = unknownID
    self.settings = settings
    self.merges = merges
    prefix = bytes(settings.prefix) ?? []
    suffix = bytes(settings.suffix) ?? []
    let names = ByteTable(vocabulary.map { (Array($0.token.utf8), $0.id) })
    self.names = names
    let keys = vocabulary.compactMap { entry in bytes(entry.token).map { (key: $0, value: entry.id) } }
    let tokens = ByteTable(keys)
    self.tokens = tokens
    single = (0..<256).map { tokens.value([UInt8($0)]) ?? -1 }
    byteIDs =
      settings.fallsBackToBytes ? (0..<256).map { names.value(Array(Self.byteToken(UInt8($0)).utf8)) } : []
    whole = ByteTable([])
    if settings.ignoresMerges {
      whole = tokens
    } else if prefix.isEmpty, suffix.isEmpty {
      whole = ByteTable(merged(keys))
    }
  }

  /// The same vocabulary and merges with other settings.
  func with(_ settings: Settings) -> BytePairModel {
    BytePairModel(
      vocabulary: vocabulary, merges: merges, unknownID: settings.unknown.flatMap { id($0) },
      settings: settings)
  }

  /// `<0x0A>`.
  static func byteToken(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x" + (digits.count == 1 ? "0" : "") + digits + ">"
  }

  /// The entries that their own merges lead to: their pieces need no merging.
  private func merged(_ entries: [(key: [UInt8], value: Int32)]) -> [(key: [UInt8], value: Int32)] {
    var merging = BytePairMerging()
    return entries.filter { entry in
      merge(entry.key, 0..<entry.key.count, &merging)
      return merging.units.count == 1 && merging.units[0].id == entry.value
    }
  }

  func id(_ token: String) -> Int32? { names.value(Array(token.utf8)) }

  func append(_ text: SplitText, to row: inout TokenRow) {
    let bytes = text.text.bytes
    var merging = BytePairMerging()
    for piece in text.pieces {
      if let id = whole.value(bytes, piece) {
        row.append(id, text.text.original(piece))
      } else {
        merge(bytes, piece, &merging)
        for unit in merging.units { row.append(unit.id, text.text.original(Int(unit.start)..<Int(unit.end))) }
      }
      row.endWord()
    }
  }

  /// The tokens of a piece by one way of merging, for tests.
  func ids(_ piece: [UInt8], isScanned: Bool) -> [Int32] {
    var merging = BytePairMerging()
    appendUnits(piece, 0..<piece.count, &merging)
    merging.merge(by: merges, isScanned: isScanned)
    return merging.units.map(\.id)
  }

  // MARK: Units

  private func merge(_ text: [UInt8], _ piece: Range<Int>, _ merging: inout BytePairMerging) {
    merging.removeAll()
    if prefix.isEmpty, suffix.isEmpty, settings.isByteLevel {
      for index in piece where single[Int(text[index])] >= 0 {
        merging.append(single[Int(text[index])], index, index + 1)
      }
      if merging.units.count < piece.count { appendUnits(text, piece, &merging) }
    } else {
      appendUnits(text, piece, &merging)
    }
    merging.merge(by: merges)
  }

  /// Appends the token of each unit; what has none is bytes, the unknown token, or nothing.
  private func appendUnits(_ text: [UInt8], _ piece: Range<Int>, _ merging: inout BytePairMerging) {
    merging.removeAll()
    var position = piece.lowerBound
    var unknown: Range<Int>?
    func flush() {
      if let unknown, let unknownID { merging.append(unknownID, unknown.lowerBound, unknown.upperBound) }
      unknown = nil
    }
    while position < piece.upperBound {
      let end = position + (settings.isByteLevel ? 1 : decodeScalar(text, at: position).length)
      let unit = position..<end
      if let id = unitID(text, unit, in: piece) {
        flush()
        merging.append(id, position, end)
      } else if let ids = fallback(text, unit, in: piece) {
        flush()
        for (index, id) in ids.enumerated() {
          let byte = min(position + index, end - 1)
          merging.append(id, byte, byte + 1)
        }
      } else if unknownID != nil {
        if !settings.fusesUnknown { flush() }
        unknown = (unknown?.lowerBound ?? position)..<end
      }
      position = end
    }
    flush()
  }

  private func unitID(_ text: [UInt8], _ unit: Range<Int>, in piece: Range<Int>) -> Int32? {
    let isFirst = unit.lowerBound == piece.lowerBound
    let isLast = unit.upperBound == piece.upperBound
    if (prefix.isEmpty || isFirst) && (suffix.isEmpty || !isLast) {
      if unit.count > 1 { return tokens.value(text, unit) }
      let id = single[Int(text[unit.lowerBound])]
      return id < 0 ? nil : id
    }
    return tokens.value(marked(text, unit, in: piece))
  }

  /// A unit with the prefix or suffix that its place asks for.
  private func marked(_ text: [UInt8], _ unit: Range<Int>, in piece: Range<Int>) -> [UInt8] {
    (unit.lowerBound == piece.lowerBound ? [] : prefix) + text[unit]
      + (unit.upperBound == piece.upperBound ? suffix : [])
  }

  /// The byte tokens of a unit; nil where one of them is missing.
  private func fallback(_ text: [UInt8], _ unit: Range<Int>, in piece: Range<Int>) -> [Int32]? {
    if byteIDs.isEmpty { return nil }
    let bytes = marked(text, unit, in: piece)
    let ids = bytes.compactMap { byteIDs[Int($0)] }
    return ids.count == bytes.count ? ids : nil
  }
}
