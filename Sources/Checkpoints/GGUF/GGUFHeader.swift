internal import Basics
internal import LinearAlgebra

/// The header of a GGUF file: magic, version, two counts, keys with values, tensors with places.
struct GGUFHeader {
  let path: String
  let version: Int
  private(set) var keys: [String] = []
  private(set) var values: [String: GGUFValue] = [:]
  private(set) var tensors: [GGUFTensor] = []

  /// Checks everything that later reads rely on; counts and lengths are held against the file before memory is taken.
  init(_ mapping: MappedFile, path: String) throws(Diagnostic) {
    self.path = path
    var cursor = GGUFCursor(mapping, path: path, from: 0)
    version = try Self.version(mapping, &cursor, path)
    let tensorCount = try cursor.integer(UInt64.self, "number of tensors")
    let keyCount = try cursor.integer(UInt64.self, "number of keys")
    // A key has 8 bytes of length, 4 of type and a value; a tensor 8, 4, 8, 4 and 8.
    try Self.check(keyCount, "keys", least: 13, cursor)
    for _ in 0..<Int(keyCount) { try readKey(&cursor) }
    try refuseParts()
    try Self.check(tensorCount, "tensors", least: 32, cursor)
    let alignment = try alignment()
    var found: [(name: String, shape: [Int], format: BlockFormat, offset: UInt64)] = []
    for _ in 0..<Int(tensorCount) { found.append(try readTensor(&cursor)) }
    let start = (cursor.offset + alignment - 1) / alignment * alignment
    for tensor in found {
      let bytes = try range(
        tensor.name, tensor.shape, tensor.format, tensor.offset, from: start, alignment, mapping.count)
      tensors.append(
        GGUFTensor(name: tensor.name, shape: tensor.shape, format: tensor.format, bytes: bytes))
    }
    try checkOverlap()
  }

  // MARK: Start

  private static func version(
    _ mapping: MappedFile, _ cursor: inout GGUFCursor, _ path: String
  ) throws(Diagnostic) -> Int {
    let start = mapping.bytes(0..<min(64, mapping.count))
    try InputFile.refusePointer(start, path: path)
    guard start.starts(with: GGUFFile.magic) else {
      let older = ["ggml", "ggmf", "ggjt", "lmgg", "fmgg", "tjgg"].contains {
        start.starts(with: Array($0.utf8))
      }
      throw Diagnostic(
        "the file does not begin with 'GGUF'", at: Place(file: path),
        hint: older
          ? "it is of the format before GGUF: convert it with a llama.cpp of its time, or fetch a GGUF of the model"
          : "this is no GGUF file")
    }
    _ = try cursor.integer(UInt32.self, "magic")
    let version = try cursor.integer(UInt32.self, "version")
    guard version & 0xffff != 0 || version == 0 else {
      throw Diagnostic(
        "the file is big-endian, for other processors", at: Place(file: path),
        hint: "fetch a little-endian file, or turn it with gguf-convert-endian of PyPI's gguf")
    }
    guard version == 2 || version == 3 else {
      throw Diagnostic(
        "version \(version) of GGUF is not read; read are 2 and 3", at: Place(file: path),
        hint: "write or fetch the file in version 3")
    }
    return Int(version)
  }

  private static func check(
    _ count: UInt64, _ what: String, least: UInt64, _ cursor: GGUFCursor
  ) throws(Diagnostic) {
    guard count <= UInt64(cursor.left) / least else {
      throw Diagnostic(
        "\(count) \(what) do not fit into the \(cursor.left) bytes that are left",
        at: cursor.place("number of \(what)"), hint: GGUFFile.damaged)
    }
  }

  // MARK: Keys

  private mutating func readKey(_ cursor: inout GGUFCursor) throws(Diagnostic) {
    let number = keys.count
    let key = try cursor.text("key \(number)")
    guard !key.isEmpty, key.utf8.count < 1 << 16 else {
      throw Diagnostic(
        "a key has \(key.utf8.count) bytes; allowed are 1 to 65535", at: cursor.place("key \(number)"),
        hint: GGUFFile.damaged)
    }
    let type = try cursor.type(key: key)
    let value = try cursor.value(of: type, key: key)
    guard values.updateValue(value, forKey: key) == nil else {
      throw Diagnostic("the key stands twice", at: cursor.place("key '\(key)'"), hint: GGUFFile.damaged)
    }
    keys.append(key)
  }

  /// Refuses a part of a model: its other tensors lie in other files.
  private func refuseParts() throws(Diagnostic) {
    guard case .integer(let parts)? = values["split.count"], parts > 1 else { return }
    throw Diagnostic(
      "the file is one of \(parts) parts of a model", at: Place(file: path, detail: "key 'split.count'"),
      hint: "join them first: llama-gguf-split --merge FIRST-PART MODEL.gguf")
  }

  /// Tensors begin at multiples of it.
  private func alignment() throws(Diagnostic) -> Int {
    guard let value = values["general.alignment"] else { return 32 }
    guard case .integer(let alignment) = value, alignment > 0, alignment <= 1 << 30,
      alignment & (alignment - 1) == 0
    else {
      throw Diagnostic(
        "the alignment must be a power of two", at: Place(file: path, detail: "key 'general.alignment'"),
        hint: GGUFFile.damaged)
    }
    return alignment
  }

  // MARK: Tensors

  private func readTensor(
    _ cursor: inout GGUFCursor
  ) throws(Diagnostic) -> (name: String, shape: [Int], format: BlockFormat, offset: UInt64) {
    let name = try cursor.text("a tensor's name")
    let what = "tensor '\(name)'"
    let dimensions = try cursor.integer(UInt32.self, what)
    guard (1...4).contains(dimensions) else {
      throw Diagnostic(
        "the tensor has \(dimensions) sizes; allowed are 1 to 4", at: cursor.place(what),
        hint: GGUFFile.damaged)
    }
    var shape: [Int] = []
    var count = 1
    for _ in 0..<dimensions {
      let size = try cursor.integer(UInt64.self, what)
      guard size > 0 else {
        throw Diagnostic("the tensor has a size of 0", at: cursor.place(what), hint: GGUFFile.damaged)
      }
      // 2⁴⁸ numbers are more than any file holds, and products with bytes stay within 64 bits.
      let (product, overflow) = count.multipliedReportingOverflow(by: Int(clamping: size))
      guard !overflow, product < 1 << 48 else {
        throw Diagnostic(
          "the tensor's sizes have a product beyond 2⁴⁸", at: cursor.place(what), hint: GGUFFile.damaged)
      }
      count = product
      shape.insert(Int(size), at: 0)
    }
    let number = try cursor.integer(UInt32.self, what)
    guard let format = BlockFormats.format(number) else {
      throw Diagnostic(
        "numbers of type \(number) are not known", at: cursor.place(what),
        hint: "read are \(BlockFormats.readNames)")
    }
    guard let row = shape.last, row % format.numbers == 0 else {
      throw Diagnostic(
        "a row of \(shape.last ?? 0) numbers is no whole number of blocks of \(format.numbers), as \(format.name) has",
        at: cursor.place(what), hint: GGUFFile.damaged)
    }
    return (name, shape, format, try cursor.integer(UInt64.self, what))
  }

  private func range(
    _ name: String, _ shape: [Int], _ format: BlockFormat, _ offset: UInt64, from start: Int,
    _ alignment: Int, _ fileSize: Int
  ) throws(Diagnostic) -> Range<Int> {
    let place = Place(file: path, detail: "tensor '\(name)'")
    guard offset % UInt64(alignment) == 0 else {
      throw Diagnostic(
        "the data begin at \(offset), no multiple of the alignment \(alignment)", at: place,
        hint: GGUFFile.damaged)
    }
    let size = shape.reduce(1, *) / format.numbers * format.bytes
    let available = fileSize - start
    guard available >= size, offset <= UInt64(available - size) else {
      throw Diagnostic(
        "the data of \(size) bytes at \(offset) pass the end of the file, which has \(max(0, available)) of data: "
          + "it was cut short", at: place, hint: GGUFFile.damaged)
    }
    return start + Int(offset)..<start + Int(offset) + size
  }

  private func checkOverlap() throws(Diagnostic) {
    var names: Set<String> = []
    for tensor in tensors where !names.insert(tensor.name).inserted {
      throw Diagnostic(
        "another tensor has the same name", at: Place(file: path, detail: "tensor '\(tensor.name)'"),
        hint: GGUFFile.damaged)
    }
    let order = tensors.sorted {
      ($0.bytes.lowerBound, $0.bytes.upperBound, $0.name) < (
        $1.bytes.lowerBound, $1.bytes.upperBound, $1.name
      )
    }
    for (one, next) in zip(order, order.dropFirst()) where next.bytes.lowerBound < one.bytes.upperBound {
      throw Diagnostic(
        "the data overlap those of tensor '\(one.name)'",
        at: Place(file: path, detail: "tensor '\(next.name)'"), hint: GGUFFile.damaged)
    }
  }
}
