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
    do throws(Diagnostic) { return .success(try OneDNN(file: given.withLock { $0 })) } catch {
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

  /// Loads it.
  ///
  /// - Parameter file: Where it lies; nil asks the system.
  /// - Throws: a `Diagnostic` where there is none, it is of another version, or it has no such product for this CPU.
  package init(file: String?) throws(Diagnostic) {
    // Its threads come from libgomp, which reads this when it is loaded. Ours share the rows; its own would change sums.
    unsafe setenv("OMP_NUM_THREADS", "1", 1)
    let candidates = file.map { [$0] } ?? OneDNN.usual
    var refusals: [String] = []
    for candidate in candidates {
      guard let handle = unsafe dlopen(candidate, RTLD_NOW | RTLD_LOCAL) else {
        // SAFETY: a zero-terminated text that lives until the next call of the same thread.
        refusals.append(unsafe dlerror().map { unsafe String(cString: $0) } ?? candidate)
        continue
      }
      let symbols = unsafe OneDNNSymbols(handle: handle, file: candidate)
      let found = try symbols.version()
      guard found.major == 2 || found.major == 3 else {
        throw Diagnostic(
          "\(candidate) is oneDNN \(found.text); its calls are known for versions 2 and 3",
          hint: OneDNN.remedy)
      }
      calls = try OneDNNCalls(symbols, major: found.major)
      version = found.text
      self.file = candidate
      unsafe engine = try calls.makeEngine()
      try probe()
      return
    }
    throw Diagnostic(
      "oneDNN, which products in bf16 need, is not there"
        + (candidates.count == 1 ? ": \(refusals.joined())" : ""), hint: OneDNN.remedy)
  }

  /// Asks for a small product: CPUs without AVX-512 have none.
  private func probe() throws(Diagnostic) {
    do throws(OneDNNRefusal) {
      _ = try OneDNNPrimitive(
        OneDNNProduct(
          isTransposedA: false, isTransposedB: true, isAdded: false, columnsA: 32, columns: 32, strideA: 32,
          strideB: 32, strideC: 32), self)
    } catch {
      throw Diagnostic(
        "oneDNN \(version) has no product in bf16 for this CPU (status \(error.status))",
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
