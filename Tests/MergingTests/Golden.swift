import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Merging
import TestSupport

/// Adapters and what merges of them must give: what the generators in Tests/Golden/merge write.
struct Golden: Decodable {
  struct Site: Decodable {
    let path: String
    let rank: Int
    let alpha: Double
    let shape: [Int]
    let a: [Float]
    let b: [Float]
  }

  /// Another program that gave the same numbers.
  struct Reference: Decodable { let name: String }

  struct Case: Decodable {
    let method: String
    let by: String
    let reference: Reference?
    let parameters: [String: ParameterValue]
    let weights: [Double]
    let expected: [String: [Float]]
  }

  /// What was measured of an adapter.
  struct Measured: Decodable {
    let grams: [String: [Float]]
    let fisher: [String: [Float]]
  }

  private let adapters: [[Site]]
  private let evidence: [Measured]?
  let cases: [Case]

  /// The models of all cases.
  var models: [Adapter] {
    adapters.enumerated().map { index, sites in
      Adapter(
        name: "\(index)",
        sites: sites.map { site in
          let a = Matrix(rows: site.rank, columns: site.shape[1], values: site.a)
          let b = Matrix(rows: site.shape[0], columns: site.rank, values: site.b)
          return (site.path, AdapterSite(a: a, b: b, alpha: site.alpha))
        })
    }
  }

  /// What was measured of the models, as a method needs it; nil where the file has nothing.
  func evidence(for method: MergeMethod) -> [ModelEvidence]? {
    guard let kind = method.evidence, let evidence else { return nil }
    return zip(evidence, adapters).enumerated().map { index, pair in
      let (measured, sites) = pair
      let matrices = (kind == .fisher ? measured.fisher : measured.grams).map { name, values in
        let rows = sites.first { $0.path == name && kind == .fisher }?.shape[0]
        let size = rows ?? Int(Double(values.count).squareRoot())
        return (name, Matrix(rows: size, columns: values.count / size, values: values))
      }
      return ModelEvidence(name: "\(index)", Dictionary(uniqueKeysWithValues: matrices))
    }
  }

  /// Every golden file of the merge methods: one group of adapters or a list of groups.
  static let files: [String] = {
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: TestSupport.Reference.golden("merge").path)
    return (names ?? []).filter { $0.hasSuffix(".json") }.sorted()
  }()

  /// The rows of one adapter that the golden numbers lack.
  static func missing() throws -> [String] {
    let known = Set(try files.flatMap { try groups($0).flatMap(\.cases).map(\.method) })
    return MergeMethods.all.entries.filter { $0.isRule || $0.evidence != nil }.map(\.name).filter {
      !known.contains($0)
    }
  }

  /// The groups of a file.
  static func groups(_ file: String) throws -> [Golden] {
    let data = try Data(contentsOf: TestSupport.Reference.golden("merge/\(file)"))
    if let group = try? JSONDecoder().decode(Golden.self, from: data) { return [group] }
    return try JSONDecoder().decode([Golden].self, from: data)
  }
}
