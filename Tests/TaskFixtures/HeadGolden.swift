internal import Foundation
internal import TestSupport

/// Losses and gradients of the heads from PyTorch: what Tests/Golden/models/generate_heads.py writes.
package struct HeadGolden: Decodable, Sendable {
  /// Rows of a case.
  package let rows: Int
  /// Channels of their features.
  package let channels: Int
  /// All cases.
  package let cases: [Case]

  /// A loss over a head.
  package struct Case: Decodable, Sendable {
    package let readouts: [String]
    package let head: String
    package let outputs: Int
    package let features: [Float]
    package let weight: [Float]
    package let bias: [Float]
    package let labels: [Int]
    package let sets: [[Int]]
    package let targets: [Double]
    package let anchors: [Double]
    package let scale: Float
    package let predicted: [Double]
    package let value: Double
    package let dfeatures: [Float]
  }

  /// Reads them.
  package static func read() throws -> HeadGolden {
    try JSONDecoder().decode(
      HeadGolden.self, from: Data(contentsOf: Reference.golden("models/heads.json")))
  }

  /// The cases of a readout.
  package func cases(of readout: String) -> [Case] { cases.filter { $0.readouts.contains(readout) } }
}
