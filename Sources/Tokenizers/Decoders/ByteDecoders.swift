internal import Basics

/// Characters of GPT-2's alphabet become bytes again.
struct ByteLevelDecoder: Decoder {
  func decode(_ tokens: [String]) -> [String] {
    var bytes: [UInt8] = []
    for token in tokens { bytes += ByteAlphabet.bytes(of: token) ?? Array(token.utf8) }
    return [String(decoding: bytes, as: UTF8.self)]
  }
}

/// Tokens such as `<0x0A>` become bytes; a run of them that is no UTF-8 becomes U+FFFD for each.
struct ByteFallbackDecoder: Decoder {
  func decode(_ tokens: [String]) -> [String] {
    var result: [String] = []
    var run: [UInt8] = []
    func end() {
      guard !run.isEmpty else { return }
      if let text = String(validating: run, as: UTF8.self) {
        result.append(text)
      } else {
        result += repeatElement("\u{fffd}", count: run.count)
      }
      run = []
    }
    for token in tokens {
      if let byte = Self.byte(token) {
        run.append(byte)
      } else {
        end()
        result.append(token)
      }
    }
    end()
    return result
  }

  /// The byte of `<0x0A>`.
  private static func byte(_ token: String) -> UInt8? {
    guard token.utf8.count == 6, token.hasPrefix("<0x"), token.hasSuffix(">") else { return nil }
    return UInt8(token.dropFirst(3).dropLast(), radix: 16)
  }
}

extension StageKind where Stage == any Decoder {
  static let byteLevel = StageKind("ByteLevel") { _ throws(Diagnostic) in ByteLevelDecoder() }
  static let byteFallback = StageKind("ByteFallback") { _ throws(Diagnostic) in ByteFallbackDecoder() }
}
