import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite struct SafeTensorsTests {
  @Test func `what is written is read, sorted, aligned and in equal bytes whatever the order`() throws {
    try withFolder { folder in
      let b = Matrix(rows: 2, columns: 3, values: [1, -2, 3.5, .leastNonzeroMagnitude, -0.0, 1e30])
      let wide = Matrix(rows: 2, columns: 5, values: (0..<10).map { Float($0) })
      let tensors = [
        NamedTensor("b", b),
        NamedTensor("a \"quoted\"", shape: [3], Matrix(rows: 1, columns: 3, values: [7, 8, 9])),
        NamedTensor("c", wide.columns(1..<3)),
        NamedTensor("d", shape: [], Matrix(rows: 1, columns: 1, values: [4])),
        NamedTensor("e", Matrix(rows: 0, columns: 4)),
      ]
      try SafeTensorsWriter.write(tensors, to: folder + "/one.safetensors")
      try SafeTensorsWriter.write(tensors.reversed(), to: folder + "/two.safetensors")
      let one = try Data(contentsOf: URL(fileURLWithPath: folder + "/one.safetensors"))
      #expect(try one == Data(contentsOf: URL(fileURLWithPath: folder + "/two.safetensors")))
      let file = try SafeTensorsFile(path: folder + "/one.safetensors")
      #expect(file.names == ["a \"quoted\"", "b", "c", "d", "e"] && file.metadata == ["format": "pt"])
      #expect(try file.floats("b") == b.values && file.matrix("b").values == b.values)
      #expect(try file.matrix("b").rows == 2 && file.entry("b").shape == [2, 3])
      #expect(try file.entry("a \"quoted\"").bytes.lowerBound % 8 == 0)
      #expect(
        try file.floats("c") == [1, 2, 6, 7] && file.floats("d") == [4] && file.matrix("e").columns == 4)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [
          "one.safetensors", "two.safetensors",
        ])
    }
  }

  @Test func `all floating-point types are read, at offsets of any alignment`() throws {
    try withFolder { folder in
      let header = """
        {"flag":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]},\
        "half":{"dtype":"F16","shape":[2],"data_offsets":[1,5]},\
        "brain":{"dtype":"BF16","shape":[1,2],"data_offsets":[5,9]},\
        "single":{"dtype":"F32","shape":[1],"data_offsets":[9,13]},\
        "double":{"dtype":"F64","shape":[1],"data_offsets":[13,21]},\
        "long":{"dtype":"I64","shape":[1],"data_offsets":[21,29]}}
        """
      let data: [UInt8] =
        [1] + [0x00, 0x3e, 0x00, 0xc0] + [0x40, 0x3f, 0x80, 0xc0] + [0, 0, 0x20, 0x41]
        + [0, 0, 0, 0, 0, 0, 0xf8, 0xbf] + [5, 0, 0, 0, 0, 0, 0, 0]
      try writeSafeTensors(header, data: data, to: folder + "/x.safetensors")
      let file = try SafeTensorsFile(path: folder + "/x.safetensors")
      #expect(try file.floats("half") == [1.5, -2] && file.matrix("brain").values == [0.75, -4])
      #expect(try file.floats("single") == [10] && file.matrix("single").values == [10])
      #expect(try file.floats("double") == [-1.5] && file.bytes("flag") == [1])
      #expect(
        try problem(in: folder) { _ = try file.floats("long") }
          == "x.safetensors: tensor 'long': error: the tensor holds I64, not floating-point numbers")
      #expect(
        try problem(in: folder) { _ = try file.floats("singel") } == """
          x.safetensors: error: there is no tensor 'singel'
            did you mean 'single'?
          """)
    }
  }

  @Test func `escaped names are read as they are meant`() throws {
    try withFolder { folder in
      let header = #"{"\u00e9\ud83d\ude00\n\"\\\/":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}"#
      try writeSafeTensors(header, data: [1], to: folder + "/x.safetensors")
      #expect(try SafeTensorsFile(path: folder + "/x.safetensors").names == ["é😀\n\"\\/"])
    }
  }

  @Test func `a file with any one byte of its header changed is refused or read, never past its end`() throws
  {
    try withFolder { folder in
      let path = folder + "/x.safetensors"
      try SafeTensorsWriter.write(
        [NamedTensor("a", Matrix(rows: 1, columns: 2)), NamedTensor("b", Matrix(rows: 2, columns: 1))],
        to: path)
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      var refused = 0
      for at in 0..<whole.count - 16 {
        for byte: UInt8 in [0, 0x22, 0x30, 0x39, 0x7d, 0xff] {
          var broken = whole
          broken[at] = byte
          try broken.write(to: URL(fileURLWithPath: path))
          do {
            let file = try SafeTensorsFile(path: path)
            for name in file.names { #expect(try file.bytes(name).count <= 16) }
          } catch is Diagnostic {
            refused += 1
          }
        }
      }
      #expect(refused > whole.count)
    }
  }

  @Test func `a file cut short anywhere is refused`() throws {
    try withFolder { folder in
      let path = folder + "/x.safetensors"
      try SafeTensorsWriter.write([NamedTensor("w", Matrix(rows: 2, columns: 4))], to: path)
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      for length in 0..<whole.count {
        try whole.prefix(length).write(to: URL(fileURLWithPath: path))
        #expect(throws: Diagnostic.self, "cut to \(length) bytes") { try SafeTensorsFile(path: path) }
      }
      try whole.prefix(whole.count - 3).write(to: URL(fileURLWithPath: path))
      #expect(
        try problem(in: folder) { _ = try SafeTensorsFile(path: path) } == """
          x.safetensors: tensor 'w': error: the data should end at byte 32 but the file has only 29: it was cut short
            fetch or write the file again
          """)
    }
  }

  @Test(arguments: [
    ("[1]", 0, "error: the header of the safetensors file is a list, not an object"),
    (
      "{\"a\" 1}", 0,
      "error: the header of the safetensors file is not valid JSON: expected ':' after the name 'a'"
    ),
    ("{\"a\":{}}", 0, "tensor 'a': error: the header must give dtype, shape and data_offsets"),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      8, "error: the header of the safetensors file is not valid JSON: 'a' stands twice"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
      12, "tensor 'b': error: the data overlaps tensor 'a'"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8,
      "tensor 'a': error: 4 bytes before the data belong to no tensor"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 6,
      "error: 2 bytes at the end belong to no tensor"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8,
      "tensor 'a': error: shape [3] of F32 takes 12 bytes, the header gives 8"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,8]}}"#, 8,
      "tensor 'a': error: a shape must be whole numbers from 0"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[4503599627370496,4503599627370496],"data_offsets":[0,8]}}"#, 8,
      "tensor 'a': error: the shape is too large"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}"#, 8,
      "tensor 'a': error: a shape must be whole numbers from 0"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 8,
      "tensor 'a': error: data_offsets must be two whole numbers, the first not above the second"
    ),
    (
      #"{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}"#, 1,
      "tensor 'a': error: numbers of type 'F8_E4M3' are not known\n"
        + "  the model is quantised: take the model that it was made from, or dequantise it (transformers: "
        + "model.dequantize()) and save it in bfloat16 or float32; "
        + "known: F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL"
    ),
  ])
  func `a lying header is refused with file and tensor`(header: String, bytes: Int, expected: String) throws {
    try withFolder { folder in
      let path = folder + "/x.safetensors"
      try writeSafeTensors(header, data: Array(repeating: 0, count: bytes), to: path)
      #expect(try problem(in: folder) { _ = try SafeTensorsFile(path: path) } == "x.safetensors: " + expected)
    }
  }

  @Test func `a header of an impossible length is refused`() throws {
    try withFolder { folder in
      let path = folder + "/x.safetensors"
      try write("this is a text, no checkpoint", to: path)
      #expect(
        try problem(in: folder) { _ = try SafeTensorsFile(path: path) } == """
          x.safetensors: error: a header of 2338328219631577204 bytes is longer than the format allows (100000000)
            this is no safetensors file
          """)
    }
  }

  @Test func `two tensors of one name and an unwritable folder are refused, and nothing is left behind`()
    throws
  {
    try withFolder { folder in
      let tensor = NamedTensor("w", Matrix(rows: 1, columns: 1))
      #expect(
        try problem(in: folder) {
          try SafeTensorsWriter.write([tensor, tensor], to: folder + "/x.safetensors")
        }
          == "x.safetensors: error: two tensors are named 'w'")
      #expect(
        try problem(in: folder) { try SafeTensorsWriter.write([tensor], to: folder + "/no/x.safetensors") }
          == "no/x.safetensors: error: cannot write the file: No such file or directory")
      try FileManager.default.createDirectory(atPath: folder + "/x/y", withIntermediateDirectories: true)
      #expect(
        try problem(in: folder) { try SafeTensorsWriter.write([tensor], to: folder + "/x") }
          == "x: error: cannot write the file: Is a directory\n"
          + "  a folder stands where a file is needed: move it away, or name another folder")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["x"])
    }
  }
}
