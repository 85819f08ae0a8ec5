import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite struct GGUFTests {
  // MARK: Numbers

  private struct Blocks: Decodable {
    let bytes: String
    let floats: String
  }

  private static func bytes(hex: String) -> [UInt8] {
    let digits = Array(hex.utf8).map { UInt8($0 < 0x60 ? $0 - 0x30 : $0 - 0x57) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  private static let golden = Result {
    try JSONDecoder().decode(
      [String: Blocks].self, from: Data(contentsOf: Reference.golden("checkpoints/gguf/blocks.json")))
  }

  @Test(arguments: BlockFormats.all.entries.filter(\.isRead).map(\.name))
  func `blocks become the floats of gguf's own reader, to the last bit`(name: String) throws {
    let golden = try #require(try Self.golden.get()[name])
    let format = try BlockFormats.all.entry(named: name)
    let stored = Self.bytes(hex: golden.bytes)
    let count = stored.count / format.bytes * format.numbers
    try withFolder { folder in
      // An odd place: tensors are aligned, llama2.c's weights are not.
      try Data([1] + stored).write(to: URL(fileURLWithPath: folder + "/x"))
      let mapping = try MappedFile(path: folder + "/x")
      let numbers = BlockNumbers(
        mapping: mapping, byteOffset: 1, rows: 2, columns: count / 2, format: format)
      let whole = Matrix(rows: 2, columns: count / 2)
      numbers.read(0..<2, into: whole)
      let second = Matrix(rows: 1, columns: count / 2)
      numbers.read(1..<2, into: second)
      let floats = whole.values.flatMap { GGUFBytes.number($0.bitPattern) }
      #expect(floats == Self.bytes(hex: golden.floats))
      #expect(second.values.map(\.bitPattern) == whole.values[(count / 2)...].map(\.bitPattern))
    }
  }

  // MARK: Files

  @Test func `keys of every kind and tensors are read`() throws {
    try withFolder { folder in
      let path = folder + "/x.gguf"
      try GGUFBytes.small.write(to: path)
      let file = try GGUFFile(path: path)
      #expect(file.version == 3 && file.keys.first == "general.architecture" && file.keys.count == 11)
      #expect(try file.text("general.architecture") == "llama" && file.text("b") == nil)
      #expect(try file.whole("a.whole", in: 1...9) == 7 && file.whole("a.negative", in: -9...9) == -3)
      #expect(try file.whole("a.small", in: -9...9) == -1 && file.whole("a.layers", in: 1...9) == 4)
      #expect(try file.single("a.single") == 1e-5 && file.single("a.double") == 0.1)
      #expect(try file.flag("a.flag") == true && file.list("a.texts")?.texts() == ["x", "", "é"])
      #expect(try file.list("a.texts")?.integers() == nil && file.list("a.layers")?.texts() == nil)
      #expect(file.tensors.map(\.name) == ["one", "two"] && file.tensors[0].shape == [2, 3])
      let matrix = Matrix(rows: 2, columns: 3)
      try file.numbers(file.tensors[0]).read(0..<2, into: matrix)
      #expect(matrix.values == [1, 2, 3, 4, 5, 6])
      let eight = Matrix(rows: 1, columns: 32)
      try file.numbers(file.tensors[1]).read(0..<1, into: eight)
      #expect(eight.values == (0..<32).map { Float($0 - 16) })
    }
  }

  @Test func `values of another kind than is needed are refused with their place`() throws {
    try withFolder { folder in
      let path = folder + "/x.gguf"
      try GGUFBytes.small.write(to: path)
      let file = try GGUFFile(path: path)
      func text(_ work: () throws -> Void) throws -> String? { try problem(in: folder, work) }
      #expect(
        try text { _ = try file.whole("a.large", in: 1...9) }
          == "x.gguf: key 'a.large': error: the value must be a whole number in 1…9, not a whole number")
      #expect(
        try text { _ = try file.whole("a.whole", in: 1...5) }
          == "x.gguf: key 'a.whole': error: the value 7 must be a whole number in 1…5")
      #expect(
        try text { _ = try file.whole("a.uneven", in: 1...5) } == """
          x.gguf: key 'a.uneven': error: the value differs from layer to layer, from 4 to 5
            models whose layers differ in size are not read
          """)
      #expect(
        try text { _ = try file.text("a.whole") }
          == "x.gguf: key 'a.whole': error: the value must be a text, not a whole number")
      #expect(
        try text { _ = try file.flag("a.texts") }
          == "x.gguf: key 'a.texts': error: the value must be true or false, not a list of texts")
    }
  }

  @Test func `a format that is known by its size alone is inspected and not read`() throws {
    try withFolder { folder in
      var bytes = GGUFBytes()
      bytes.tensor("w", [256], type: 10)
      bytes.data = Array(repeating: 0, count: 84)
      try bytes.write(to: folder + "/x.gguf")
      let file = try GGUFFile(path: folder + "/x.gguf")
      #expect(
        try problem(in: folder) { _ = try file.numbers(file.tensors[0]) } == """
          x.gguf: tensor 'w': error: numbers of type Q2_K are not read
            take a file of the model in one of \(BlockFormats.readNames)
          """)
    }
  }

  // MARK: Damage

  @Test func `a file cut anywhere is refused`() throws {
    try withFolder { folder in
      let whole = GGUFBytes.small.bytes
      for length in 1..<whole.count {
        try Data(whole[..<length]).write(to: URL(fileURLWithPath: folder + "/x.gguf"))
        let text = try problem(in: folder) { _ = try GGUFFile(path: folder + "/x.gguf") }
        #expect(text?.hasPrefix("x.gguf: ") == true, "cut to \(length) bytes")
      }
    }
  }

  @Test func `a file with any one byte of its header changed is refused or read, never past its end`() throws
  {
    try withFolder { folder in
      let whole = GGUFBytes.small.bytes
      let header = whole.count - GGUFBytes.small.data.count
      for place in 0..<header {
        for value in [UInt8(0), 1, 0x7f, 0xff] where whole[place] != value {
          var damaged = whole
          damaged[place] = value
          try Data(damaged).write(to: URL(fileURLWithPath: folder + "/x.gguf"))
          do {
            let file = try GGUFFile(path: folder + "/x.gguf")
            for tensor in file.tensors where tensor.format.isRead {
              let numbers = try file.numbers(tensor)
              numbers.read(0..<numbers.rows, into: Matrix(rows: numbers.rows, columns: numbers.columns))
            }
            for key in file.keys { _ = try file.list(key)?.texts() }
          } catch let error as Diagnostic {
            #expect(error.place?.file == folder + "/x.gguf", "byte \(place) as \(value)")
          }
        }
      }
    }
  }
}
