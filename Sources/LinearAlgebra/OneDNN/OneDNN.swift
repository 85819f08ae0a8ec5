public import Basics
internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#endif

/// oneDNN, a library of products in bf16, as it is found when the program runs: nothing is linked to it.
///
/// Source: https://github.com/uxlfoundation/oneDNN, C interface of versions 2 and 3.
@safe
public final class OneDNN: @unchecked Sendable {
  // SAFETY: the engine and the functions live as long as the process; the library may be called from any thread as long as
  // each has its own stream, memory objects and scratch.
  let engine: UnsafeMutableRawPointer
  let calls: OneDNNCalls
  /// Its version, for instance `2.6.3`.
  public let version: String
  /// The file that was loaded.
  public let file: String

  /// The library, or why products in bf16 cannot be had here; looked for at the first use.
  public static let shared: Result<OneDNN, Diagnostic> = {
    let file = given.withLock { $0 }
    do throws(Diagnostic) {
      return .success(try load(file.map { [$0] } ?? usual, isNamed: file != nil))
    } catch {
      return .failure(error)
    }
  }()

  private static let given = Lock<String?>(nil)

  /// Names the file of the library; before its first use.
  ///
  /// - Parameter environment: The program's: `variable` names the file, and without it the system is asked.
  public static func look(in environment: [String: String]) {
    given.withLock { $0 = environment[variable].flatMap { $0.isEmpty ? nil : $0 } }
  }

  /// Whether products in bf16 can be had here.
  public static var isThere: Bool { (try? shared.get()) != nil }

  /// How to get it.
  public static let remedy =
    "install it: `apt-get install libdnnl2` (Debian 12), `libdnnl3` (later ones and Ubuntu), or `pip install "
    + "onednn-cpu-gomp`; \(variable) may name its file"

  /// Names the file of the library, where the system does not find it.
  public static let variable = "MIXOLOGY_ONEDNN"

  /// Where it is looked for, in order: what pip installs for all users lies where the system looks only after it was told.
  private static let usual = ["libdnnl.so.3", "libdnnl.so.2", "/usr/local/lib/libdnnl.so.3"]

  /// Loads the first of some files that does all products here.
  ///
  /// - Parameter isNamed: Whether somebody named them, so that one that is missing is told too.
  /// - Throws: a `Diagnostic` with what is wrong with each that was found.
  package static func load(_ files: [String], isNamed: Bool) throws(Diagnostic) -> OneDNN {
    var refusals: [Diagnostic] = []
    for file in files {
      do throws(Diagnostic) { return try OneDNN(file) } catch {
        let isMissing =
          error.what.hasPrefix("\(file): cannot open") && error.what.hasSuffix("No such file or directory")
        if isNamed || !isMissing { refusals.append(error) }
      }
    }
    let reasons = refusals.map(\.what).joined(separator: "; ")
    throw Diagnostic(
      "oneDNN, which products in bf16 need, is not there" + (reasons.isEmpty ? "" : ": \(reasons)"),
      hint: refusals.count == 1 ? refusals[0].hint : remedy)
  }

  /// Loads a file.
  ///
  /// - Throws: a `Diagnostic` where it cannot be loaded, is of another version, or lacks a product for this CPU.
  private init(_ file: String) throws(Diagnostic) {
    // Its threads come from libgomp, which reads this when it is loaded. Ours share the rows; its own would change sums.
    unsafe setenv("OMP_NUM_THREADS", "1", 1)
    guard let handle = unsafe dlopen(file, RTLD_NOW | RTLD_LOCAL) else {
      // SAFETY: a zero-terminated text that lives until the next call of the same thread.
      throw Diagnostic(unsafe dlerror().map { unsafe String(cString: $0) } ?? file, hint: OneDNN.remedy)
    }
    let symbols = unsafe OneDNNSymbols(handle: handle, file: file)
    let found = try symbols.version()
    guard found.major == 2 || found.major == 3 else {
      throw Diagnostic(
        "\(file) is oneDNN \(found.text); its calls are known for versions 2 and 3", hint: OneDNN.remedy)
    }
    calls = try OneDNNCalls(symbols, major: found.major)
    version = found.text
    self.file = file
    unsafe engine = try calls.makeEngine()
    try probe()
  }

  /// Does every kind of product once, of ones: what a CPU or a build lacks is known before anything is trained.
  private func probe() throws(Diagnostic) {
    func ones(_ rows: Int, _ columns: Int) -> Matrix {
      let matrix = Matrix(rows: rows, columns: columns)
      matrix.fill(1)
      return matrix
    }
    let (m, k, n) = (4, 32, 16)
    do throws(OneDNNRefusal) {
      let products = try BFloatProducts(self)
      for (transposeA, transposeB) in [(false, true), (false, false), (true, false)] {
        for isAdded in [false, true] {
          let result = ones(m, n)
          try products.run(
            BFloatMatrix(rounding: transposeA ? ones(k, m) : ones(m, k)),
            BFloatMatrix(rounding: transposeB ? ones(n, k) : ones(k, n)), result, transposeA, transposeB,
            isAdded)
          guard result.values.allSatisfy({ $0 == Float(k + (isAdded ? 1 : 0)) }) else {
            throw OneDNNRefusal(status: -1)
          }
        }
      }
    } catch {
      throw Diagnostic(
        error.status == -1
          ? "\(file) is oneDNN \(version), and its products in bf16 are wrong on this CPU"
          : "\(file) is oneDNN \(version), which lacks products in bf16 for this CPU (status \(error.status))",
        hint: "leave the precision at float32")
    }
  }
}

extension Result<OneDNN, Diagnostic> {
  /// Why it is not there; nil where it is.
  public var problem: Diagnostic? {
    if case .failure(let problem) = self { problem } else { nil }
  }
}

/// What the library answers where it does not do something.
struct OneDNNRefusal: Error {
  let status: Int32
}
