import Basics
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite struct BFloatTests {
  /// Numbers without a pattern, of mean 0 and deviation 1.
  private static func random(_ rows: Int, _ columns: Int, _ name: String) -> Matrix {
    var stream = RandomStream(seed: 1, "bfloat", name)
    return Matrix(
      rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(stream.normal()) })
  }

  /// op(A)·op(B) in Double.
  private static func product(_ a: Matrix, _ b: Matrix, _ transposeA: Bool, _ transposeB: Bool) -> [Float] {
    let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
    let n = transposeB ? b.rows : b.columns
    return (0..<m * n).map { at in
      let (i, j) = (at / n, at % n)
      return Float(
        (0..<k).reduce(0.0) {
          $0 + Double(transposeA ? a[$1, i] : a[i, $1]) * Double(transposeB ? b[j, $1] : b[$1, j])
        })
    }
  }

  @Test func `numbers are rounded to the nearest, halves to even`() {
    let exact: [Float] = [
      0, -0, 1, -2.5, 1.171875, .infinity, -.infinity, .leastNonzeroMagnitude, 3.3895314e38,
    ]
    for value in exact + [1.0001, 1.00390625, 1.01171875, -3.14159, 65504, 3.4e38] {
      #expect(FastMath.bfloat(value) == NumberFormat.bfloat16.bits(value), "\(value)")
    }
    #expect(FastMath.float(FastMath.bfloat(.nan)).isNaN && FastMath.float(FastMath.bfloat(-.nan)).isNaN)
    // A number whose fraction is all ones must not become infinite or zero.
    #expect(FastMath.float(FastMath.bfloat(Float(bitPattern: 0xffff_ffff))).isNaN)
    for bits in UInt16(0)..<0x7f80 { #expect(FastMath.bfloat(FastMath.float(bits)) == bits) }
    let matrix = BFloatTests.random(3, 5, "round")
    let rounded = BFloatMatrix(rounding: matrix)
    #expect(rounded.widened().values == matrix.values.map { FastMath.float(FastMath.bfloat($0)) })
    #expect(rounded.columns(1..<4).rows(1..<2).widened().values == Array(rounded.widened().values[6..<9]))
  }

  @Test(.enabled(if: OneDNN.isThere, "oneDNN is not installed: products in bf16 are not tested"))
  func `products are those of the rounded numbers, in all shapes and both directions`() {
    let products = Workspace().products
    for (m, k, n) in [
      (1, 32, 16), (1, 7, 5), (2, 8, 384), (3, 5, 7), (17, 33, 9), (64, 64, 64), (65, 384, 1152), (31, 1, 3),
      (5, 12, 1),
    ] {
      for (transposeA, transposeB) in [(false, true), (false, false), (true, false)] {
        let (a, b) = (
          BFloatTests.random(transposeA ? k : m, transposeA ? m : k, "a"),
          BFloatTests.random(transposeB ? n : k, transposeB ? k : n, "b")
        )
        let (x, w) = (BFloatMatrix(rounding: a), BFloatMatrix(rounding: b))
        let expected = BFloatTests.product(x.widened(), w.widened(), transposeA, transposeB)
        // A view of some columns of a wider result, whose neighbours stay.
        let wide = Matrix(rows: m, columns: n + 3)
        wide.fill(9)
        let result = wide.columns(2..<n + 2)
        products.gemm(x, w, into: result, transposeA: transposeA, transposeB: transposeB)
        let error = relativeError(result.values, expected)
        #expect(error < 1e-6, "(\(m), \(k), \(n)) \(transposeA) \(transposeB): \(error)")
        products.gemm(x, w, into: result, transposeA: transposeA, transposeB: transposeB, adding: true)
        #expect(relativeError(result.values, expected.map { 2 * $0 }) < 1e-6, "added, (\(m), \(k), \(n))")
        #expect((0..<m).allSatisfy { wide[$0, 0] == 9 && wide[$0, 1] == 9 && wide[$0, n + 2] == 9 })
      }
    }
  }

  @Test(.enabled(if: OneDNN.isThere, "oneDNN is not installed: products in bf16 are not tested"))
  func `a row's bits do not depend on the rows around it`() {
    let products = Workspace().products
    let x = BFloatMatrix(rounding: BFloatTests.random(200, 96, "x"))
    for (rows, columns, transposed) in [(160, 96, true), (96, 160, false), (8, 96, true)] {
      let w = BFloatMatrix(rounding: BFloatTests.random(rows, columns, "w"))
      let all = Matrix(rows: 200, columns: transposed ? rows : columns)
      products.gemm(x, w, into: all, transposeB: transposed)
      for (start, count) in [(0, 1), (7, 1), (199, 1), (3, 2), (0, 31), (64, 33), (1, 199)] {
        let some = Matrix(rows: count, columns: all.columns)
        products.gemm(x.rows(start..<start + count), w, into: some, transposeB: transposed)
        #expect(some.values == all.rows(start..<start + count).values, "\(count) rows from \(start)")
      }
    }
  }

  @Test(.enabled(if: OneDNN.isThere, "oneDNN is not installed: products in bf16 are not tested"))
  func `the library's own kernel does the products, whatever their shape`() throws {
    let library = try OneDNN.shared.get()
    let products = Workspace().products
    let x = BFloatMatrix(rows: 64, columns: 384)
    let wide = Matrix(rows: 64, columns: 1152)
    let names = [
      products.implementation(x, BFloatMatrix(rows: 1152, columns: 384), wide, transposeB: true),
      products.implementation(x, BFloatMatrix(rows: 384, columns: 1152), wide),
      products.implementation(x, BFloatMatrix(rows: 384, columns: 1152), wide, adding: true),
      products.implementation(
        x, BFloatMatrix(rows: 384, columns: 384), wide.columns(384..<768), transposeB: true),
    ]
    #expect(Set(names).count == 1, "\(names)")
    // A reference loop would be a hundred times slower.
    #expect(
      names.allSatisfy { $0.hasPrefix("gemm:jit") || $0.hasPrefix("brg") }, "\(library.version): \(names)")
  }

  @Test(.enabled(if: OneDNN.isThere, "oneDNN is not installed: products in bf16 are not tested"))
  func `threads do not disturb each other`() {
    let x = BFloatMatrix(rounding: BFloatTests.random(64, 96, "x"))
    let w = BFloatMatrix(rounding: BFloatTests.random(48, 96, "w"))
    let expected = Matrix(rows: 64, columns: 48)
    Workspace().products.gemm(x, w, into: expected, transposeB: true)
    let results = (0..<8).map { _ in Matrix(rows: 64, columns: 48) }
    concurrently(8) { lane in
      let products = Workspace().products
      for _ in 0..<20 { products.gemm(x, w, into: results[lane], transposeB: true) }
    }
    for result in results { #expect(result.values == expected.values) }
  }

  @Test func `a library that is not there is told with the way to get it`() throws {
    let error = #expect(throws: Diagnostic.self) {
      try OneDNN.load(["/nowhere/libdnnl.so.3"], isNamed: true)
    }
    #expect(error?.what.contains("/nowhere/libdnnl.so.3") == true)
    #expect(error?.hint?.contains("apt-get install libdnnl2") == true)
    // Where the system was only asked, its many ways to say no are left out.
    let asked = #expect(throws: Diagnostic.self) { try OneDNN.load(["libnothere.so.3"], isNamed: false) }
    #expect(asked?.what == "oneDNN, which products in bf16 need, is not there")
  }

  @Test func `every library that is no use is told, and hides no good one`() throws {
    // One that is there and is something else, one that is no library, one that is missing.
    try withFolder { folder in
      try write("no library", to: folder + "/libdnnl.so")
      let bad = ["libm.so.6", folder + "/libdnnl.so", "libnothere.so.3"]
      let error = #expect(throws: Diagnostic.self) { try OneDNN.load(bad, isNamed: false) }
      let what = try #require(error).what
      #expect(what.contains("libm.so.6 has no dnnl_version") && what.contains(folder + "/libdnnl.so"))
      #expect(!what.contains("libnothere"))
      if let good = try? OneDNN.shared.get() {
        #expect(try OneDNN.load(bad + [good.file], isNamed: false).version == good.version)
      }
    }
  }

  @Test func `where oneDNN must be there, tests of bf16 are not skipped`() {
    if ProcessInfo.processInfo.environment["MIXOLOGY_NEEDS_ONEDNN"] == "1" {
      #expect(OneDNN.shared.problem == nil)
    }
  }

  @Test func `operands and frozen weights of floats are the reference's products`() {
    let workspace = Workspace()
    let (x, w) = (BFloatTests.random(5, 7, "x"), BFloatTests.random(3, 7, "w"))
    let weight = FrozenWeight(w)
    let y = Matrix(rows: 5, columns: 3)
    weight.forward(.floats(x), into: y, workspace: workspace)
    #expect(relativeError(y.values, BFloatTests.product(x, w, false, true)) < 1e-6)
    // Rounded rows are widened for a weight of floats.
    let rounded = BFloatMatrix(rounding: x)
    weight.forward(.rounded(rounded), into: y, workspace: workspace)
    #expect(relativeError(y.values, BFloatTests.product(rounded.widened(), w, false, true)) < 1e-6)
    let dx = Matrix(rows: 5, columns: 7)
    weight.backward(.floats(y), into: dx, workspace: workspace)
    weight.backward(.floats(y), into: dx, adding: true, workspace: workspace)
    let once = BFloatTests.product(y, w, false, false)
    #expect(relativeError(dx.values, once.map { 2 * $0 }) < 1e-6)
    #expect(workspace.used == 0)
  }
}
