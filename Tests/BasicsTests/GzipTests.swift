import Basics
import Foundation
import Testing

/// gzip itself reads what was written.
@Suite struct GzipTests {
  private static let program = ["/usr/bin/gzip", "/bin/gzip"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Nothing, one byte, what repeats near and far, what never does, and every length of a match.
  static let texts: [[UInt8]] = {
    var random = RandomStream(seed: 0, "gzip")
    let noise: [UInt8] = (0..<70_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    var words: [UInt8] = []
    for _ in 0..<9000 { words += Array("[\(random.index(below: 3)),\(random.index(below: 40))]".utf8) }
    var lengths: [UInt8] = []
    for length in 3...300 { lengths += Array(noise[..<length]) + [UInt8(truncatingIfNeeded: length), 7] }
    return [[], [0], [UInt8](repeating: 65, count: 100_000), noise, words, lengths, noise + noise[..<40_000]]
  }()

  @Test(
    .enabled(if: program != nil, "gzip is not installed"), arguments: texts.indices)
  func `gzip unpacks it to the same bytes`(index: Int) throws {
    let text = Self.texts[index]
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.program))
    process.arguments = ["-dc"]
    let output = Pipe()
    process.standardOutput = output
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("gzip-\(UUID().uuidString)")
    try Data(Gzip.compressed(text)).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    process.standardInput = try FileHandle(forReadingFrom: file)
    try process.run()
    let read = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0 && Array(read) == text)
  }

  @Test func `what repeats becomes small, and always the same`() {
    let words = Self.texts[4]
    #expect(Gzip.compressed(words).count < words.count / 2)
    #expect(Gzip.compressed(words) == Gzip.compressed(words))
    // Of the nine digits, by the definition.
    #expect(Gzip.checksum(Array("123456789".utf8)) == 0xcbf4_3926)
  }
}
