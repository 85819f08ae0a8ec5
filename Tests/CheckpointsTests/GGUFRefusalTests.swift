import Basics
import Checkpoints
import Foundation
import TestSupport
import Testing

/// What is said of GGUF files that are damaged or of another kind.
@Suite struct GGUFRefusalTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let bytes: [UInt8]

    init(_ name: String, _ text: String, _ change: (inout GGUFBytes) -> Void) {
      testDescription = name
      self.text = text
      var file = GGUFBytes.small
      change(&file)
      bytes = file.bytes
    }
  }

  private static let damaged = "\n  the file is damaged: fetch or write it again"

  static let start: [Case] = [
    Case("another magic", "error: the file does not begin with 'GGUF'\n  this is no GGUF file") {
      $0.magic = Array("PK\u{3}\u{4}".utf8)
    },
    Case(
      "an older format",
      "error: the file does not begin with 'GGUF'\n  it is of the format before GGUF: convert it with a llama.cpp "
        + "of its time, or fetch a GGUF of the model"
    ) { $0.magic = Array("tjgg".utf8) },
    Case(
      "big-endian",
      "error: the file is big-endian, for other processors\n  fetch a little-endian file, or turn it with "
        + "gguf-convert-endian of PyPI's gguf"
    ) { $0.version = 3 << 24 },
    Case(
      "version 1",
      "error: version 1 of GGUF is not read; read are 2 and 3\n  write or fetch the file in version 3"
    ) { $0.version = 1 },
    Case(
      "version 4",
      "error: version 4 of GGUF is not read; read are 2 and 3\n  write or fetch the file in version 3"
    ) { $0.version = 4 },
    Case(
      "version 0",
      "error: version 0 of GGUF is not read; read are 2 and 3\n  write or fetch the file in version 3"
    ) { $0.version = 0 },
  ]

  static let keys: [Case] = [
    Case(
      "more keys than bytes",
      "number of keys: error: 18446744073709551615 keys do not fit into the 522 bytes that are left" + damaged
    ) { $0.keyCount = .max },
    Case(
      "a key of endless length",
      "key 11: error: a text of 9223372036854775807 bytes at byte 382 passes the end of the file, which has 188 more"
        + damaged
    ) { $0.key("", raw: GGUFBytes.number(UInt64(Int.max)) + [1, 2, 3, 4, 5, 6, 7, 8]) },
    Case("an empty key", "key 11: error: a key has 0 bytes; allowed are 1 to 65535" + damaged) {
      $0.key("", UInt32(1))
    },
    Case("a key twice", "key 'a.whole': error: the key stands twice" + damaged) { $0.key("a.whole", "x") },
    Case(
      "a type beyond 12", "key 'z': error: the value is of the unknown type 13; known are 0 to 12" + damaged
    ) {
      $0.key("z", 13, [])
    },
    Case("a flag of 2", "key 'z': error: true or false is stored as 2" + damaged) { $0.key("z", 7, [2]) },
    Case("a text that is not UTF-8", "key 'z': error: the text at byte 403 is not UTF-8" + damaged) {
      $0.key("z", 8, GGUFBytes.number(UInt64(1)) + [0xff])
    },
    Case(
      "a list of endless length",
      "key 'z': error: a list of 4611686018427387904 texts passes the end of the file, which has 171 bytes more"
        + damaged
    ) { $0.key("z", 9, GGUFBytes.number(UInt32(8)) + GGUFBytes.number(UInt64(1) << 62)) },
    Case(
      "a list whose last text passes the end",
      "key 'z', text 0: error: a text of 1000 bytes at byte 407 passes the end of the file, which has 163 more"
        + damaged
    ) {
      $0.key(
        "z", 9, GGUFBytes.number(UInt32(8)) + GGUFBytes.number(UInt64(1)) + GGUFBytes.number(UInt64(1000)))
    },
    Case("a list of lists", "key 'z': error: a list of lists is not read") {
      $0.key("z", 9, GGUFBytes.number(UInt32(9)) + GGUFBytes.number(UInt64(0)))
    },
    Case(
      "one of several parts",
      "key 'split.count': error: the file is one of 3 parts of a model\n  join them first: llama-gguf-split --merge "
        + "FIRST-PART MODEL.gguf"
    ) { $0.key("split.count", UInt32(3)) },
    Case(
      "an alignment of 24", "key 'general.alignment': error: the alignment must be a power of two" + damaged
    ) { $0.key("general.alignment", UInt32(24)) },
    Case(
      "an alignment of 0", "key 'general.alignment': error: the alignment must be a power of two" + damaged
    ) {
      $0.key("general.alignment", UInt32(0))
    },
    Case(
      "an alignment that is a text",
      "key 'general.alignment': error: the alignment must be a power of two" + damaged
    ) { $0.key("general.alignment", "32") },
  ]

  static let tensors: [Case] = [
    Case(
      "more tensors than bytes",
      "number of tensors: error: 1099511627776 tensors do not fit into the 164 bytes that are left" + damaged
    ) { $0.tensorCount = 1 << 40 },
    Case("no sizes", "tensor 'z': error: the tensor has 0 sizes; allowed are 1 to 4" + damaged) {
      $0.tensor("z", [])
    },
    Case("five sizes", "tensor 'z': error: the tensor has 5 sizes; allowed are 1 to 4" + damaged) {
      $0.tensor("z", [1, 1, 1, 1, 1])
    },
    Case("a size of 0", "tensor 'z': error: the tensor has a size of 0" + damaged) {
      $0.tensor("z", [4, 0])
    },
    Case("a huge size", "tensor 'z': error: the tensor's sizes have a product beyond 2⁴⁸" + damaged) {
      $0.tensor("z", [.max])
    },
    Case(
      "sizes with a huge product", "tensor 'z': error: the tensor's sizes have a product beyond 2⁴⁸" + damaged
    ) {
      $0.tensor("z", [1 << 40, 1 << 40, 1 << 40, 1 << 40])
    },
    Case(
      "an unknown type",
      "tensor 'z': error: numbers of type 4 are not known\n  read are \(BlockFormats.readNames)"
    ) { $0.tensor("z", [4], type: 4) },
    Case(
      "a row of half a block",
      "tensor 'z': error: a row of 48 numbers is no whole number of blocks of 32, as Q4_0 has" + damaged
    ) { $0.tensor("z", [48, 2], type: 2, at: 96) },
    Case(
      "data past the end",
      "tensor 'z': error: the data of 4000 bytes at 0 pass the end of the file, which has 66 of data: it was cut short"
        + damaged
    ) { $0.tensor("z", [1000]) },
    Case(
      "a lying offset",
      "tensor 'z': error: the data of 4 bytes at 18446744073709551584 pass the end of the file, which has 66 of data: "
        + "it was cut short" + damaged
    ) { $0.tensor("z", [1], at: UInt64.max - 31) },
    Case(
      "data that are not aligned",
      "tensor 'z': error: the data begin at 33, no multiple of the alignment 32" + damaged
    ) { $0.tensor("z", [1], at: 33) },
    Case("overlapping data", "tensor 'one': error: the data overlap those of tensor 'z'" + damaged) {
      $0.tensor("z", [1])
    },
    Case("a name twice", "tensor 'two': error: another tensor has the same name" + damaged) {
      $0.tensor("two", [1], at: 64)
      $0.data += Array(repeating: 0, count: 30)
    },
    Case("a name that is not UTF-8", "a tensor's name: error: the text at byte 390 is not UTF-8" + damaged) {
      $0 = GGUFBytes.small
      $0.keyCount = 11
      $0.key("", raw: GGUFBytes.number(UInt64(2)) + [0xc3, 0x28])
    },
  ]

  @Test(arguments: start + keys + tensors)
  func `what is wrong is said with its place`(example: Case) throws {
    try withFolder { folder in
      let path = folder + "/x.gguf"
      try Data(example.bytes).write(to: URL(fileURLWithPath: path))
      let text = try problem(in: folder) { _ = try GGUFFile(path: path) }
      #expect(text == "x.gguf: " + example.text)
    }
  }

  @Test func `a Git LFS pointer and an empty file are told apart`() throws {
    try withFolder { folder in
      try write("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", to: folder + "/x.gguf")
      #expect(
        try problem(in: folder) { _ = try GGUFFile(path: folder + "/x.gguf") }?.contains("Git LFS pointer")
          == true)
      try write("", to: folder + "/x.gguf")
      #expect(
        try problem(in: folder) { _ = try GGUFFile(path: folder + "/x.gguf") }
          == "x.gguf: error: the file is empty")
    }
  }
}
