/// The general categories of Unicode, in the version that the Hugging Face library's regular expressions know.
///
/// The numbers are those of `UnicodeCategoryRanges`.
enum UnicodeCategory: UInt32, CaseIterable, Sendable {
  case unassigned
  case lu
  case ll
  case lt
  case lm
  case lo
  case mn
  case mc
  case me
  case nd
  case nl
  case no
  case pc
  case pd
  case ps
  case pe
  case pi
  case pf
  case po
  case sm
  case sc
  case sk
  case so
  case zs
  case zl
  case zp
  case cc
  case cf
  case co

  /// The category of a scalar.
  static func of(_ value: UInt32) -> UnicodeCategory {
    UnicodeCategory(rawValue: UInt32(all[Int(value)])) ?? .unassigned
  }

  private static let all: [UInt8] = {
    var table: [UInt8] = []
    table.reserveCapacity(0x110000)
    for run in UnicodeCategoryRanges.runs {
      table += repeatElement(UInt8(run % 32), count: Int(run / 32))
    }
    return table
  }()
}

extension ScalarSet {
  /// `\s`.
  static let space = ScalarSet(.zs, .zl, .zp).union(ScalarSet(pairs: [0x9, 0xd, 0x85, 0x85]))
  /// `\d`.
  static let digit = ScalarSet(.nd)
  /// `\w`.
  static let word = ScalarSet(.lu, .ll, .lt, .lm, .lo, .mn, .mc, .me, .nd, .pc)
    .union(ScalarSet(pairs: UnicodeCategoryRanges.wordBeyond))
  /// `\h`.
  static let hexDigit = ScalarSet(pairs: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66])
  /// What Rust calls numeric.
  static let numeric = ScalarSet(pairs: UnicodeCategoryRanges.numeric)

  /// The scalars that `\p{name}` takes; nil for a name that is not known here.
  ///
  /// Case, spaces, `_` and `-` in a name do not count.
  static func property(_ name: String) -> ScalarSet? {
    let name = name.lowercased().filter { $0 != " " && $0 != "_" && $0 != "-" }
    if let index = categoryNames.firstIndex(of: name),
      let category = UnicodeCategory(rawValue: UInt32(index) + 1)
    {
      return ScalarSet(category)
    }
    switch name {
    case "l", "letter": return ScalarSet(.lu, .ll, .lt, .lm, .lo)
    case "lc", "casedletter": return ScalarSet(.lu, .ll, .lt)
    case "m", "mark", "combiningmark": return ScalarSet(.mn, .mc, .me)
    case "n", "number": return ScalarSet(.nd, .nl, .no)
    case "p", "punctuation": return ScalarSet(.pc, .pd, .ps, .pe, .pi, .pf, .po)
    case "s", "symbol": return ScalarSet(.sm, .sc, .sk, .so)
    case "z", "separator": return ScalarSet(.zs, .zl, .zp)
    case "any": return ScalarSet().inverted
    case "han": return ScalarSet(pairs: UnicodeCategoryRanges.han)
    default: return nil
    }
  }

  /// The properties that `property` knows, for messages.
  static let properties = "the general categories (L, Lu, N, Nd, P, …), Any, Han"

  private static let categoryNames = UnicodeCategory.allCases.dropFirst().map { "\($0)" }
}
