import Basics
import Foundation
import Testing

@Suite struct StableHashTests {
  // FIPS 180-4's examples and the empty text.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func `published SHA-256 values come out`(text: String, hash: String) {
    #expect(StableHash.hex(Data(text.utf8)) == hash)
  }

  private struct Sample: Encodable {
    let c: [String: Int]
    let b: String
    let a: [Double]
    let d: Int?
  }

  @Test func `canonical JSON sorts keys, keeps slashes, writes short numbers and leaves out what is nil`()
    throws
  {
    let sample = Sample(c: ["y": 2, "x": 1], b: "é/\"", a: [1, 0.1, -2.5], d: nil)
    let json = String(decoding: try StableHash.canonicalJSON(sample), as: UTF8.self)
    #expect(json == #"{"a":[1,0.1,-2.5],"b":"é/\"","c":{"x":1,"y":2}}"#)
    // By Python's hashlib.
    let hash = "21e4770bc3ef2af5a961011390b684fa93171d85fea6de928b4605b1a948be3c"
    #expect(try StableHash.hex(of: sample) == hash)
  }

  @Test func `a file of several pieces hashes as its bytes do`() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("hash-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    // Three mebibytes and a byte: the pieces do not fit.
    var bytes: [UInt8] = []
    for _ in 0..<12288 { bytes += 0...255 }
    try Data(bytes + Array("x".utf8)).write(to: file)
    // By Python's hashlib.
    let hash = "78ba25960758362b9d2b3c8be449677fc06149b9285db4a3a224a28ade6caff5"
    #expect(try StableHash.hex(file: file.path) == hash)
  }

  @Test func `a missing file is told`() {
    #expect(throws: Diagnostic("cannot read the file", at: Place(file: "/no/such/file"))) {
      try StableHash.hex(file: "/no/such/file")
    }
  }

  @Test func `a word is the first eight bytes, the highest first`() {
    #expect(StableHash.word("abc") == 0xba78_16bf_8f01_cfea)
    // By Python's hashlib.
    #expect(StableHash.word("é/1") == 8_251_763_381_861_991_307)
  }
}
