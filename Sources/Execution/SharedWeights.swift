package import Basics
internal import Checkpoints
package import Foundation
internal import LinearAlgebra
package import Models

/// Weights of bases in the form in which passes read them, made once and mapped by all processes: N workers hold one copy.
///
/// Two files a base: matrices that its own files do not hold as passes read them (queries, keys and values in one matrix, and
/// all of a base stored in 16 bits), and the linear weights rounded to bf16. They lie in the user's cache folder and are named
/// after the hash of the base, may be removed at any time, and where they cannot be written every process has its own.
public struct SharedWeights: Sendable {
  private let folder: URL?
  /// Bytes below which a copy for each process is cheaper than a file.
  private let least: Int

  /// Raised when the same base would be laid out otherwise.
  private static let layout = 1

  /// - Parameter folder: Where the files lie; nil: every process has its own weights.
  package init(folder: URL?, least: Int = 4 << 20) {
    self.folder = folder
    self.least = least
  }

  /// Every process has its own weights.
  public static let none = SharedWeights(folder: nil)

  /// The user's: `<cache>/mixology/weights`.
  public init(environment: [String: String]) {
    let cache = BaseLocator.cacheFolder(environment)
    self.init(folder: cache.map { URL(fileURLWithPath: $0).appendingPathComponent("mixology/weights") })
  }

  /// A base's network, its weights mapped as far as they can be.
  ///
  /// - Parameter sha256: The hash of the base.
  /// - Throws: a `Diagnostic` for what is missing, of another shape, not supported, or for products that cannot be had here.
  package func open(_ path: String, sha256: String, _ precision: Precision) throws -> any Network {
    let derived = file(sha256, .float32)
    var network = try NetworkFamilies.open(
      folder: path, derived: derived.flatMap { try? SafeTensorsFile(path: $0) })
    let copies = network.copies
    let bytes = copies.reduce(0) { $0 + 4 * $1.values.count }
    if let derived, !copies.isEmpty, bytes >= least, write(copies, .float32, derived) {
      network = try NetworkFamilies.open(folder: path, derived: try? SafeTensorsFile(path: derived))
    }
    return precision == .float32 ? network : try rounded(network, file(sha256, .bfloat16))
  }

  private func rounded(_ network: any Network, _ path: String?) throws -> any Network {
    _ = try OneDNN.shared.get()
    if let path, let known = mapped(network, path) { return known }
    var weights: [NamedTensor] = []
    let own = try network.rounded { (weight) throws(Diagnostic) in
      weights.append(weight)
      return BFloatMatrix(rounding: weight.values)
    }
    guard let path, weights.reduce(0, { $0 + 2 * $1.values.count }) >= least, write(weights, .bfloat16, path)
    else { return own }
    return mapped(network, path) ?? own
  }

  /// The network over a file of rounded weights; nil where there is none that fits.
  private func mapped(_ network: any Network, _ path: String) -> (any Network)? {
    guard let file = try? SafeTensorsFile(path: path) else { return nil }
    return try? network.rounded { (weight) throws(Diagnostic) in
      let numbers = try file.bfloats(weight.name)
      guard numbers.rows == weight.values.rows, numbers.columns == weight.values.columns else {
        throw Diagnostic("a weight of another shape", at: Place(file: path))
      }
      return numbers
    }
  }

  private func file(_ sha256: String, _ precision: Precision) -> String? {
    folder?.appendingPathComponent("\(sha256)-\(precision.rawValue)-\(SharedWeights.layout).safetensors").path
  }

  /// Whether a file was written; another process may write the same bytes meanwhile.
  private func write(_ tensors: [NamedTensor], _ format: StoredFloats.Format, _ path: String) -> Bool {
    guard let folder else { return false }
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try SafeTensorsWriter.write(tensors, as: format, to: path)
      return true
    } catch {
      // Only memory is lost: the process keeps the weights to itself.
      return false
    }
  }
}
