/// What makes a product's primitive: all but the number of rows of A as it lies, which is known when it is done.
struct OneDNNProduct: Hashable {
  let isTransposedA: Bool
  let isTransposedB: Bool
  /// Whether the result is added to what is there.
  let isAdded: Bool
  /// Columns of A as it lies.
  let columnsA: Int
  /// Columns of the result.
  let columns: Int
  let strideA: Int
  let strideB: Int
  let strideC: Int

  /// How A, B and C lie, for so many rows of A.
  func descriptions(_ calls: OneDNNCalls, rows: Int64) throws(OneDNNRefusal) -> [OneDNNDescription] {
    typealias Number = OneDNNCalls.Number
    let (m, k) = isTransposedA ? (Int64(columnsA), rows) : (rows, Int64(columnsA))
    return [
      try calls.description(
        Number.bfloat16, rows: m, columns: k, strides: isTransposedA ? (1, strideA) : (strideA, 1)),
      try calls.description(
        Number.bfloat16, rows: k, columns: Int64(columns),
        strides: isTransposedB ? (1, strideB) : (strideB, 1)),
      try calls.description(Number.float32, rows: m, columns: Int64(columns), strides: (strideC, 1)),
    ]
  }
}

/// A product that the library has made ready for any number of rows of A.
@safe
final class OneDNNPrimitive {
  private let library: OneDNN
  private let product: OneDNNProduct
  // SAFETY: alive until deinit.
  private let primitive: OneDNNCalls.Object
  private let description: OneDNNCalls.Object
  /// Bytes of scratch that an execution needs.
  let scratchBytes: Int

  init(_ product: OneDNNProduct, _ library: OneDNN) throws(OneDNNRefusal) {
    self.library = library
    self.product = product
    let calls = library.calls
    let attributes = unsafe try calls.made { unsafe calls.attributesCreate($0) }
    defer { _ = unsafe calls.attributesDestroy(attributes) }
    _ = unsafe calls.setScratchpadMode(attributes, OneDNNCalls.Number.callersScratchpad)
    if product.isAdded {
      let operations = unsafe try calls.made { unsafe calls.postOpsCreate($0) }
      defer { _ = unsafe calls.postOpsDestroy(operations) }
      var status = unsafe calls.appendSum(operations)
      if status == 0 { status = unsafe calls.setPostOps(attributes, operations) }
      guard status == 0 else { throw OneDNNRefusal(status: status) }
    }
    let sides = try product.descriptions(calls, rows: OneDNNCalls.Number.later)
    let description = unsafe try calls.product(
      sides[0], sides[1], sides[2], attributes: attributes, engine: library.engine)
    unsafe self.description = description
    let scratch = unsafe calls.queryMemory(description, OneDNNCalls.Number.scratchpadMemory, 0)
    scratchBytes = unsafe scratch.map { unsafe calls.memorySize($0) } ?? 0
    do throws(OneDNNRefusal) {
      unsafe primitive = try calls.made { unsafe calls.primitiveCreate($0, description) }
    } catch {
      _ = unsafe calls.descriptionDestroy(description)
      throw error
    }
  }

  deinit {
    _ = unsafe library.calls.primitiveDestroy(primitive)
    _ = unsafe library.calls.descriptionDestroy(description)
  }

  /// Which of its kernels the library chose, for instance `gemm:jit`.
  var implementation: String {
    var name: UnsafePointer<CChar>?
    _ = unsafe library.calls.query(description, OneDNNCalls.Number.implementation, 0, &name)
    // SAFETY: a zero-terminated text that lives as long as the description.
    return unsafe name.map { unsafe String(cString: $0) } ?? "unknown"
  }

  /// Does the product for so many rows of A.
  ///
  /// - Parameter scratch: At least `scratchBytes`, of the calling thread alone.
  func run(
    rows: Int, _ a: BFloatMatrix, _ b: BFloatMatrix, _ c: Matrix, stream: OneDNNCalls.Object,
    scratch: OneDNNCalls.Object?
  ) throws(OneDNNRefusal) {
    let calls = library.calls
    let sides = try product.descriptions(calls, rows: Int64(rows))
    let engine = unsafe library.engine
    let x = unsafe try calls.made { unsafe calls.memoryCreate($0, sides[0].object, engine, a.pointer) }
    defer { _ = unsafe calls.memoryDestroy(x) }
    let w = unsafe try calls.made { unsafe calls.memoryCreate($0, sides[1].object, engine, b.pointer) }
    defer { _ = unsafe calls.memoryDestroy(w) }
    let y = unsafe try calls.made { unsafe calls.memoryCreate($0, sides[2].object, engine, c.pointer) }
    defer { _ = unsafe calls.memoryDestroy(y) }
    // An argument is a 32-bit number and a pointer, 16 bytes with what lies between them.
    var arguments: [(Int32, OneDNNCalls.Object)] = unsafe [
      (OneDNNCalls.Number.source, x), (OneDNNCalls.Number.weights, w), (OneDNNCalls.Number.destination, y),
    ]
    var room: OneDNNCalls.Object?
    defer { if let room = unsafe room { _ = unsafe calls.memoryDestroy(room) } }
    if scratchBytes > 0,
      let kind = unsafe calls.queryMemory(description, OneDNNCalls.Number.scratchpadMemory, 0)
    {
      let made = unsafe try calls.made { unsafe calls.memoryCreate($0, kind, engine, scratch) }
      unsafe room = made
      unsafe arguments.append((OneDNNCalls.Number.scratchpad, made))
    }
    let count = unsafe Int32(arguments.count)
    var status = unsafe arguments.withUnsafeBytes { buffer -> Int32 in
      guard let address = buffer.baseAddress else { return -1 }
      return unsafe calls.execute(primitive, stream, count, address)
    }
    // Builds over some thread pools return before they are done, and the memory objects end with this call.
    if status == 0 { status = unsafe calls.streamWait(stream) }
    guard status == 0 else { throw OneDNNRefusal(status: status) }
  }
}
