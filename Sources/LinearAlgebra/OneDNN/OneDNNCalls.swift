internal import Basics

#if canImport(Glibc)
  internal import Glibc
#endif

/// A loaded library by its names.
@safe
struct OneDNNSymbols {
  // SAFETY: a library that is never unloaded.
  let handle: UnsafeMutableRawPointer
  let file: String

  /// A function; its type must be that of the C header.
  func function<Function>(_ name: String, _: Function.Type) throws(Diagnostic) -> Function {
    guard let address = unsafe dlsym(handle, name) else {
      throw Diagnostic("\(file) has no \(name)", hint: OneDNN.remedy)
    }
    // SAFETY: the caller names the C function's own type.
    return unsafe unsafeBitCast(address, to: Function.self)
  }

  /// `dnnl_version`: three whole numbers come first in what it returns.
  func version() throws(Diagnostic) -> (major: Int32, text: String) {
    let read = unsafe try function("dnnl_version", (@convention(c) () -> UnsafePointer<Int32>?).self)
    guard let numbers = unsafe read() else { throw Diagnostic("\(file) does not know its version") }
    let (major, minor, patch) = unsafe (numbers[0], numbers[1], numbers[2])
    return (major, "\(major).\(minor).\(patch)")
  }
}

/// The calls that a product needs, of either version.
///
/// What the versions spell differently: a description of memory is a structure in 2 and an object in 3, a description of a
/// product is made in two calls or in one, and the sum after it has more arguments.
@safe
final class OneDNNCalls: @unchecked Sendable {
  @unsafe typealias Object = UnsafeMutableRawPointer
  @unsafe typealias Made = UnsafeMutablePointer<Object?>

  // SAFETY: functions of a library that is never unloaded, with the types of its header.
  let engineCreate: @convention(c) (Made, Int32, Int) -> Int32
  let streamCreate: @convention(c) (Made, Object, UInt32) -> Int32
  let streamWait: @convention(c) (Object) -> Int32
  let streamDestroy: @convention(c) (Object) -> Int32
  let memoryCreate: @convention(c) (Made, Object, Object, Object?) -> Int32
  let memoryDestroy: @convention(c) (Object) -> Int32
  let attributesCreate: @convention(c) (Made) -> Int32
  let attributesDestroy: @convention(c) (Object) -> Int32
  let setScratchpadMode: @convention(c) (Object, Int32) -> Int32
  let setPostOps: @convention(c) (Object, Object) -> Int32
  let postOpsCreate: @convention(c) (Made) -> Int32
  let postOpsDestroy: @convention(c) (Object) -> Int32
  let primitiveCreate: @convention(c) (Made, Object) -> Int32
  let primitiveDestroy: @convention(c) (Object) -> Int32
  let descriptionDestroy: @convention(c) (Object) -> Int32
  let execute: @convention(c) (Object, Object, Int32, UnsafeRawPointer) -> Int32
  let query: @convention(c) (Object, Int32, Int32, UnsafeMutableRawPointer) -> Int32
  let queryMemory: @convention(c) (Object, Int32, Int32) -> Object?
  let memorySize: @convention(c) (Object) -> Int
  private let version: Version

  @unsafe private enum Version {
    case two(
      describe: @convention(c) (Object, Int32, UnsafePointer<Int64>, Int32, UnsafePointer<Int64>) -> Int32,
      product: @convention(c) (Object, Object, Object, Object?, Object) -> Int32,
      create: @convention(c) (Made, Object, Object, Object, Object?) -> Int32,
      appendSum: @convention(c) (Object, Float) -> Int32)
    case three(
      describe: @convention(c) (Made, Int32, UnsafePointer<Int64>, Int32, UnsafePointer<Int64>) -> Int32,
      forget: @convention(c) (Object) -> Int32,
      create: @convention(c) (Made, Object, Object, Object, Object?, Object, Object) -> Int32,
      appendSum: @convention(c) (Object, Float, Int32, Int32) -> Int32)
  }

  /// Numbers of the header that are the same in both versions.
  enum Number {
    static let cpu: Int32 = 1
    static let inOrder: UInt32 = 1
    static let callersScratchpad: Int32 = 1
    static let bfloat16: Int32 = 2
    static let float32: Int32 = 3
    static let undefined: Int32 = 0
    static let source: Int32 = 1
    static let destination: Int32 = 17
    static let weights: Int32 = 33
    static let scratchpad: Int32 = 80
    static let implementation: Int32 = 8
    static let scratchpadMemory: Int32 = 136
    /// A size that is known when the product is done.
    static let later = Int64.min
  }

  init(_ symbols: OneDNNSymbols, major: Int32) throws(Diagnostic) {
    func named<Function>(_ name: String, _ type: Function.Type) throws(Diagnostic) -> Function {
      try symbols.function("dnnl_" + name, type)
    }
    typealias Make = @convention(c) (Made) -> Int32
    typealias End = @convention(c) (Object) -> Int32
    unsafe engineCreate = try named("engine_create", (@convention(c) (Made, Int32, Int) -> Int32).self)
    unsafe streamCreate = try named("stream_create", (@convention(c) (Made, Object, UInt32) -> Int32).self)
    unsafe streamWait = try named("stream_wait", End.self)
    unsafe streamDestroy = try named("stream_destroy", End.self)
    unsafe memoryCreate = try named(
      "memory_create", (@convention(c) (Made, Object, Object, Object?) -> Int32).self)
    unsafe memoryDestroy = try named("memory_destroy", End.self)
    unsafe attributesCreate = try named("primitive_attr_create", Make.self)
    unsafe attributesDestroy = try named("primitive_attr_destroy", End.self)
    unsafe setScratchpadMode = try named(
      "primitive_attr_set_scratchpad_mode", (@convention(c) (Object, Int32) -> Int32).self)
    unsafe setPostOps = try named(
      "primitive_attr_set_post_ops", (@convention(c) (Object, Object) -> Int32).self)
    unsafe postOpsCreate = try named("post_ops_create", Make.self)
    unsafe postOpsDestroy = try named("post_ops_destroy", End.self)
    unsafe primitiveCreate = try named("primitive_create", (@convention(c) (Made, Object) -> Int32).self)
    unsafe primitiveDestroy = try named("primitive_destroy", End.self)
    unsafe descriptionDestroy = try named("primitive_desc_destroy", End.self)
    unsafe execute = try named(
      "primitive_execute", (@convention(c) (Object, Object, Int32, UnsafeRawPointer) -> Int32).self)
    unsafe query = try named(
      "primitive_desc_query", (@convention(c) (Object, Int32, Int32, UnsafeMutableRawPointer) -> Int32).self)
    unsafe queryMemory = try named(
      "primitive_desc_query_md", (@convention(c) (Object, Int32, Int32) -> Object?).self)
    unsafe memorySize = try named("memory_desc_get_size", (@convention(c) (Object) -> Int).self)
    if major == 2 {
      unsafe version = .two(
        describe: try named(
          "memory_desc_init_by_strides",
          (@convention(c) (Object, Int32, UnsafePointer<Int64>, Int32, UnsafePointer<Int64>) -> Int32).self),
        product: try named(
          "matmul_desc_init", (@convention(c) (Object, Object, Object, Object?, Object) -> Int32).self),
        create: try named(
          "primitive_desc_create", (@convention(c) (Made, Object, Object, Object, Object?) -> Int32).self),
        appendSum: try named("post_ops_append_sum", (@convention(c) (Object, Float) -> Int32).self))
    } else {
      unsafe version = .three(
        describe: try named(
          "memory_desc_create_with_strides",
          (@convention(c) (Made, Int32, UnsafePointer<Int64>, Int32, UnsafePointer<Int64>) -> Int32).self),
        forget: try named("memory_desc_destroy", End.self),
        create: try named(
          "matmul_primitive_desc_create",
          (@convention(c) (Made, Object, Object, Object, Object?, Object, Object) -> Int32).self),
        appendSum: try named(
          "post_ops_append_sum", (@convention(c) (Object, Float, Int32, Int32) -> Int32).self))
    }
  }

  /// An engine for this machine's CPU.
  func makeEngine() throws(Diagnostic) -> Object {
    do throws(OneDNNRefusal) { return unsafe try made { unsafe engineCreate($0, Number.cpu, 0) } } catch {
      throw Diagnostic("oneDNN does not start (status \(error.status))", hint: OneDNN.remedy)
    }
  }

  /// What a call writes, where it does so.
  func made(_ call: (Made) -> Int32) throws(OneDNNRefusal) -> Object {
    var object: Object?
    let status = unsafe call(&object)
    guard status == 0, let object = unsafe object else { throw OneDNNRefusal(status: status) }
    return unsafe object
  }

  /// How a matrix lies in memory.
  ///
  /// - Parameter strides: From a row to the next one, and from a column.
  func description(_ type: Int32, rows: Int64, columns: Int64, strides: (Int, Int)) throws(OneDNNRefusal)
    -> OneDNNDescription
  {
    // The header wants room for twelve numbers.
    var sizes = [Int64](repeating: 0, count: 12)
    var steps = sizes
    (sizes[0], sizes[1]) = (rows, columns)
    (steps[0], steps[1]) = (Int64(strides.0), Int64(strides.1))
    switch unsafe version {
    case .two(let describe, _, _, _):
      // SAFETY: the structure takes 696 bytes in 2.6 and less before; its owner frees it.
      let room = UnsafeMutableRawPointer.allocate(byteCount: 2048, alignment: 16)
      unsafe room.initializeMemory(as: UInt8.self, repeating: 0, count: 2048)
      let made = unsafe OneDNNDescription(room) { unsafe $0.deallocate() }
      let status = unsafe describe(room, 2, sizes, type, steps)
      guard status == 0 else { throw OneDNNRefusal(status: status) }
      return made
    case .three(let describe, let forget, _, _):
      let object = unsafe try made { unsafe describe($0, 2, sizes, type, steps) }
      return unsafe OneDNNDescription(object) { _ = unsafe forget($0) }
    }
  }

  /// The description of a product of two described matrices.
  func product(
    _ a: OneDNNDescription, _ b: OneDNNDescription, _ c: OneDNNDescription, attributes: Object, engine: Object
  ) throws(OneDNNRefusal) -> Object {
    switch unsafe version {
    case .two(_, let product, let create, _):
      // SAFETY: the structure takes 2,800 bytes in 2.6 and less before.
      let room = UnsafeMutableRawPointer.allocate(byteCount: 8192, alignment: 16)
      defer { unsafe room.deallocate() }
      unsafe room.initializeMemory(as: UInt8.self, repeating: 0, count: 8192)
      let status = unsafe product(room, a.object, b.object, nil, c.object)
      guard status == 0 else { throw OneDNNRefusal(status: status) }
      return unsafe try made { unsafe create($0, room, attributes, engine, nil) }
    case .three(_, _, let create, _):
      return unsafe try made { unsafe create($0, engine, a.object, b.object, nil, c.object, attributes) }
    }
  }

  /// Lets a product be added to what is there.
  func appendSum(_ operations: Object) -> Int32 {
    switch unsafe version {
    case .two(_, _, _, let append): unsafe append(operations, 1)
    case .three(_, _, _, let append): unsafe append(operations, 1, 0, Number.undefined)
    }
  }
}

/// How a matrix lies in memory, as the library writes it down.
@safe
final class OneDNNDescription {
  // SAFETY: alive until deinit.
  let object: OneDNNCalls.Object
  private let forget: (OneDNNCalls.Object) -> Void

  init(_ object: OneDNNCalls.Object, forget: @escaping (OneDNNCalls.Object) -> Void) {
    unsafe self.object = object
    unsafe self.forget = forget
  }

  deinit { unsafe forget(object) }
}
