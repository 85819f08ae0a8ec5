public import Results
internal import Specs

/// What made the results that tables are written from: the machines and libraries of their jobs, whatever is installed when the
/// tables are written.
public struct MadeBy: Sendable, Hashable {
  /// Name and value, the values of several joined.
  public var versions: [(String, String)] {
    found.map { ($0.name, $0.values.keys.sorted().joined(separator: "; ")) }
  }
  private let found: [Found]

  /// The values of a name, with how many jobs each.
  private struct Found: Hashable {
    var name: String
    var values: [String: Int]
  }

  /// Looks at the costs of jobs; records of before name no libraries.
  public init(_ results: ResultSet) {
    let names: [(String, (CostRow) -> String?)] = [
      ("machine", { $0.cost.machine }), ("blas", { $0.cost.libraries?["blas"] }),
      ("onednn", { $0.cost.libraries?["onednn"] }),
    ]
    found = names.compactMap { name, value in
      let values = results.costs.compactMap(value).reduce(into: [:]) { $0[$1, default: 0] += 1 }
      return values.isEmpty ? nil : Found(name: name, values: values)
    }
  }

  /// What a user should know where jobs were done with two versions of one library: the last bits of numbers that stand beside
  /// each other come from different programs.
  public var notes: [PlanNote] {
    found.filter { $0.name != "machine" && $0.values.count > 1 }.map { found in
      let parts = found.values.sorted { $0.key < $1.key }.map { "\($0.value) by \($0.key)" }
      return PlanNote(
        "the jobs were done by \(parts.count) versions of \(found.name): \(parts.joined(separator: ", "))",
        hint:
          "numbers may differ in their last digits for that alone; a store of its own (--results) does all anew"
      )
    }
  }
}
