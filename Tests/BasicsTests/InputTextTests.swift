import Basics
import Foundation
import Testing

@Suite struct InputTextTests {
  private func text(_ bytes: [UInt8]) throws -> String {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("input-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(bytes).write(to: file)
    do {
      return try InputFile.text(file.path, called: "the manifest")
    } catch {
      return "\(error)".replacingOccurrences(of: file.path, with: "m.yaml")
    }
  }

  @Test func `the mark before UTF-8 is no part of a text`() throws {
    #expect(try text([0xef, 0xbb, 0xbf] + Array("name: a".utf8)) == "name: a")
    #expect(try text(Array("näme: a".utf8)) == "näme: a")
    #expect(try text([]) == "")
  }

  @Test(arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf16, .utf32, .utf32LittleEndian])
  func `text of two or four bytes a letter is named as such`(encoding: String.Encoding) throws {
    let bytes = [UInt8](try #require("name: a\n".data(using: encoding)))
    #expect(
      try text(bytes) == """
        m.yaml: error: this is text in UTF-16 or UTF-32, not in UTF-8
          save it as UTF-8, for instance by iconv -f UTF-16 -t UTF-8 old > new
        """)
  }

  @Test func `other bytes are not UTF-8`() throws {
    #expect(try text([0x61, 0xff]) == "m.yaml: error: the manifest is not UTF-8\n  save it as UTF-8")
  }
}
