public import Basics
public import Tasks

/// What a model said of the rows of a split, in columns: `predictions.bin` of a prediction job.
///
/// A line of text, `mixology predictions 1 FORM ROWS LABELS FIRST`, then the columns end to end, little endian:
///
/// | column | type | holds |
/// |---|---|---|
/// | row | u32 for each row; left out where rows follow each other from FIRST on (then above 0) | the row of the file, from 1 |
/// | text | u64 for each row | the first eight bytes of the SHA-256 of the text |
/// | length | u32 for each row, where a prediction is a list | how many words or labels it has |
/// | prediction | u8 (u16 above 256 labels) for each row, word or label, f64 of `numbers` | the place of the label, or the number |
/// | probability | f16 for each row or word and label | of each label; 0 for all where the model did not see the word |
public struct PredictionColumns: Sendable, Equatable {
  /// The row of the file of each example, from 1, a CSV file's header not counted.
  public var rows: [UInt32]
  /// The hash of each text.
  public var texts: [UInt64]
  /// What the model said.
  public var predictions: [Prediction]
  /// How many labels have a probability; 0 for a number alone.
  public var labels: Int

  static let name = "predictions.bin"
  /// How many labels the column of predictions tells apart.
  private static let mostLabels = 1 << 16

  /// Joins columns of one length.
  public init(rows: [UInt32], texts: [UInt64], predictions: [Prediction], labels: Int) {
    precondition(rows.count == texts.count && rows.count == predictions.count, "columns of several lengths")
    self.rows = rows
    self.texts = texts
    self.predictions = predictions
    self.labels = labels
  }

  private var form: Target.Form { predictions.first?.target.form ?? .label }

  // MARK: Bytes

  /// The bytes of the file.
  public var bytes: [UInt8] {
    let first = rows.first ?? 0
    let isWhole = rows.enumerated().allSatisfy { $1 == first + UInt32($0) }
    var bytes = Array(
      "mixology predictions 1 \(form.rawValue) \(rows.count) \(labels) \(isWhole ? first : 0)\n".utf8)
    func add<Number: FixedWidthInteger>(_ number: Number) {
      var rest = number
      for _ in 0..<Number.bitWidth / 8 {
        bytes.append(UInt8(truncatingIfNeeded: rest))
        rest = Number.bitWidth > 8 ? rest >> 8 : 0
      }
    }
    func add(label: Int) { if labels > 256 { add(UInt16(label)) } else { bytes.append(UInt8(label)) } }
    if !isWhole { for row in rows { add(row) } }
    for text in texts { add(text) }
    if form.isList { for prediction in predictions { add(UInt32(prediction.target.indices.count)) } }
    for prediction in predictions {
      if form == .number { add(prediction.target.number.bitPattern) }
      for label in prediction.target.indices { add(label: label) }
    }
    for prediction in predictions {
      for probability in prediction.probabilities { add(Float16(probability).bitPattern) }
    }
    return bytes
  }

  /// Reads the bytes of a file.
  ///
  /// - Throws: a `Diagnostic` without a place for bytes that are no predictions.
  public init(_ bytes: [UInt8]) throws(Diagnostic) {
    var reader = ColumnReader(bytes)
    let head = try reader.line().split(separator: " ").map(String.init)
    guard head.count == 7, head[..<3] == ["mixology", "predictions", "1"],
      let form = Target.Form(rawValue: head[3]),
      let count = Int(head[4]), let labels = Int(head[5]), let first = UInt32(head[6]),
      (0...Int(UInt32.max) - Int(first)).contains(count), (0...PredictionColumns.mostLabels).contains(labels)
    else { throw Diagnostic("these are no predictions of this version") }
    self.labels = labels
    let following: [UInt32]? = first == 0 && count > 0 ? try reader.column(count) : nil
    texts = try reader.column(count)
    rows = following ?? (0..<count).map { first + UInt32($0) }
    let lengths = form.isList ? (try reader.column(count) as [UInt32]).map(Int.init) : []
    let indices = form.isList ? lengths.reduce(0, +) : count
    var targets: [Target] = []
    targets.reserveCapacity(count)
    if form == .number {
      let numbers: [UInt64] = try reader.column(count)
      targets = numbers.map { .number(Double(bitPattern: $0)) }
    } else {
      let values =
        labels > 256
        ? try (reader.column(indices) as [UInt16]).map(Int.init)
        : try (reader.column(indices) as [UInt8]).map(Int.init)
      if let label = values.first(where: { $0 >= labels }) {
        throw Diagnostic("a prediction is label \(label), and there are \(labels), from 0")
      }
      var next = 0
      for row in 0..<count {
        let length = form.isList ? lengths[row] : 1
        targets.append(Target(form, indices: Array(values[next..<next + length])))
        next += length
      }
    }
    let halves: [UInt16] = try reader.column((form.isOfWords ? indices : count) * labels)
    predictions = []
    predictions.reserveCapacity(count)
    var next = 0
    for (row, target) in targets.enumerated() {
      let width = labels * (form.isOfWords ? lengths[row] : 1)
      predictions.append(
        Prediction(target, probabilities: halves[next..<next + width].map { Float(Float16(bitPattern: $0)) }))
      next += width
    }
    guard reader.isAtEnd else { throw Diagnostic("there are bytes behind the predictions") }
  }
}

/// Numbers end to end.
private struct ColumnReader {
  private let bytes: [UInt8]
  private var next = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { next == bytes.count }

  mutating func line() throws(Diagnostic) -> String {
    guard let end = bytes.prefix(200).firstIndex(of: UInt8(ascii: "\n")) else {
      throw Diagnostic("these are no predictions")
    }
    defer { next = end + 1 }
    return String(decoding: bytes[..<end], as: UTF8.self)
  }

  mutating func column<Number: FixedWidthInteger>(_ count: Int) throws(Diagnostic) -> [Number] {
    let width = Number.bitWidth / 8
    guard count >= 0, count <= (bytes.count - next) / width else {
      throw Diagnostic("the predictions end too early")
    }
    var column: [Number] = []
    column.reserveCapacity(count)
    for index in 0..<count {
      var number: Number = 0
      for place in 0..<width {
        number |= Number(truncatingIfNeeded: bytes[next + index * width + place]) << Number(8 * place)
      }
      column.append(number)
    }
    next += count * width
    return column
  }
}
