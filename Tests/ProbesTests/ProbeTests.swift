import Foundation
import LinearAlgebra
import Probes
import TestSupport
import Testing

/// Against scikit-learn: Tests/Golden/probes/generate_probes.py.
@Suite struct ProbeTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      var kind: String
      var count: Int
      var targets: [Double]
      var groups: [Int]
      var vectors: [[Double]]
      var log_probabilities: [[[Double]]]
      var losses: [Double]

      var matrix: DoubleMatrix {
        DoubleMatrix(rows: vectors.count, columns: vectors[0].count, values: vectors.flatMap(\.self))
      }

      var wanted: ProbeTargets {
        switch kind {
        case "classes": .classes(targets.map { Int($0) }, count: count)
        case "sets": .sets(targets.map { $0 > 0 }, count: count)
        default: .numbers(targets)
        }
      }
    }
    var lambdas: [Double]
    var cases: [Case]
  }

  let golden: Golden

  init() throws {
    let file = Reference.golden("probes/probes.json")
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }

  @Test func `fits and losses of what is held out are those of scikit-learn`() {
    for (index, golden) in golden.cases.enumerated() {
      for (place, lambda) in self.golden.lambdas.enumerated() {
        let search = ProbeSearch(lambdas: [lambda], fit: ProbeFit(tolerance: 1e-8))
        let found = search.probe(golden.matrix, golden.wanted, groups: golden.groups)
        if !golden.losses.isEmpty {
          #expect(abs(found.losses[0] - golden.losses[place]) < 1e-6, "case \(index), λ \(lambda)")
        }
        let outputs = found.probe.outputs(golden.matrix)
        for (row, expected) in golden.log_probabilities[place].enumerated() {
          let z = outputs.rows(row..<row + 1).values
          let log = golden.kind == "classes" ? Foundation.log(z.map(exp).reduce(0, +)) : 0
          for (own, other) in zip(z, expected) {
            #expect(abs(own - log - other) < 1e-5, "case \(index), λ \(lambda), row \(row)")
          }
        }
      }
    }
  }

  @Test
  func `the penalty with the smallest loss of what is held out is chosen, also from its neighbours' fits`() {
    for golden in golden.cases where !golden.losses.isEmpty {
      let found = ProbeSearch(lambdas: self.golden.lambdas, fit: ProbeFit(tolerance: 1e-9))
        .probe(golden.matrix, golden.wanted, groups: golden.groups)
      let best = golden.losses.indices.min { golden.losses[$0] < golden.losses[$1] }
      #expect(best.map { self.golden.lambdas[$0] } == found.lambda)
      for (own, other) in zip(found.losses, golden.losses) { #expect(abs(own - other) < 1e-6) }
    }
  }

  @Test func `vectors that say nothing, one row and one class leave a probe of the mean`() {
    let blank = DoubleMatrix(rows: 4, columns: 3, values: Array(repeating: 2, count: 12))
    let found = ProbeSearch().probe(blank, .classes([0, 0, 0, 1], count: 2))
    let z = found.probe.outputs(blank)
    #expect(abs(z[0, 0] - z[0, 1] - log(3)) < 1e-4)
    let alone = ProbeSearch().probe(blank.rows(0..<1), .numbers([5]))
    #expect(alone.probe.outputs(blank).values.allSatisfy { abs($0 - 5) < 1e-9 })
    // A class that no row has is never the answer.
    let unseen = ProbeSearch().probe(
      golden.cases[0].matrix, .classes(golden.cases[0].targets.map { Int($0) }, count: 5))
    let outputs = unseen.probe.outputs(golden.cases[0].matrix)
    for row in 0..<outputs.rows {
      let z = outputs.rows(row..<row + 1).values
      #expect(z.indices.max { z[$0] < z[$1] } ?? 4 < 3)
    }
  }

  @Test func `the same probe whatever the scale and the origin of the vectors`() {
    let golden = golden.cases[0]
    let plain = ProbeSearch().probe(golden.matrix, golden.wanted)
    let moved = DoubleMatrix(
      rows: golden.matrix.rows, columns: golden.matrix.columns,
      values: golden.matrix.values.map { 1e3 * $0 - 50 })
    let other = ProbeSearch().probe(moved, golden.wanted)
    #expect(plain.lambda == other.lambda)
    let pairs = zip(plain.probe.outputs(golden.matrix).values, other.probe.outputs(moved).values)
    #expect(pairs.allSatisfy { abs($0 - $1) < 1e-3 })
  }
}
