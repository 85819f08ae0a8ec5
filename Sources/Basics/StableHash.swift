public import Foundation
internal import Hashing

/// SHA-256 over bytes and over canonical JSON: the identity of everything that is stored.
public enum StableHash {
  /// The hash of some bytes, 64 lower-case hexadecimal digits.
  public static func hex(_ bytes: Data) -> String {
    hex(digest: SHA256.hash(bytes))
  }

  /// The same of bytes in a list.
  public static func hex(bytes: [UInt8]) -> String { hex(digest: SHA256.hash(bytes)) }

  /// The 32 bytes of the hash of some bytes.
  public static func digest(_ bytes: [UInt8]) -> [UInt8] { SHA256.hash(bytes) }

  /// The hash of a value's canonical JSON: keys sorted, slashes as they are, shortest numbers.
  public static func hex(of value: some Encodable) throws -> String {
    hex(try canonicalJSON(value))
  }

  /// A value's canonical JSON.
  public static func canonicalJSON(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }

  /// The hash of a file's bytes, read in pieces of 1 MiB.
  ///
  /// - Throws: a `Diagnostic` where the file cannot be read.
  public static func hex(file path: String) throws -> String {
    let handle: FileHandle
    do { handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)) } catch {
      throw InputFile.refusal(of: error, path)
    }
    defer { try? handle.close() }
    let hasher = SHA256()
    while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty {
      hasher.update(piece)
    }
    return hex(digest: hasher.finalize())
  }

  /// The first eight bytes of a text's hash, as a number that is the same on every machine.
  public static func word(_ text: String) -> UInt64 {
    SHA256.hash(Data(text.utf8)).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func hex(digest: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in digest {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
