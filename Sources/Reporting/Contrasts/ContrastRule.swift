internal import Statistics

/// How the variance of a family's contrasts is made, by how many seeds there are.
///
/// The rules that held in simulation; see Decisions, "Which interval at how many seeds".
enum ContrastRule: Equatable {
  /// S/R + S_I/n at a share of the level.
  case sum(share: Double)
  /// Seed variances drawn upwards to those of the family.
  case moderated(share: Double)
  /// Nothing holds: only the interval for these very models.
  case none(String)

  /// Fewer than so many seeds of a trained side give no interval.
  static let fewestSeeds = 3
  /// So many tasks lend each other a variance where one side alone has seeds, or both sides are of the same trainings.
  static let enoughTasks = 6

  /// The rule for the cells of a family that can be tested.
  init(_ cells: [MeasuredCell]) {
    let seeds = cells.map(\.fewestSeeds).min() ?? 0
    let degrees = cells.map(\.seedDegrees).min() ?? 0
    if seeds < Self.fewestSeeds {
      self = .none("fewer than \(Self.fewestSeeds) seeds")
    } else if cells.contains(where: \.hasOneSeedVariance) {
      if seeds >= 7 {
        self = .sum(share: 1)
      } else if cells.count >= Self.enoughTasks {
        self = .moderated(share: 0.9)
      } else {
        self =
          seeds > Self.fewestSeeds
          ? .sum(share: 0.8) : .none("\(Self.fewestSeeds) seeds and fewer than \(Self.enoughTasks) tasks")
      }
    } else if degrees >= 6 {
      // Two sides of four or five seeds have no reserve where deviations differ much.
      self = .sum(share: degrees < 8 ? 0.8 : degrees < 10 ? 0.9 : 1)
    } else {
      self = cells.count >= 4 ? .moderated(share: 0.9) : .sum(share: 0.8)
    }
  }

  /// The rule as a reader of a report must know it.
  static let words =
    "An interval for new seeds and new texts takes \(fewestSeeds) seeds of each trained side; with fewer there are estimates "
    + "alone. Where one side's seeds alone vary (against the base; a merge against the singles that it was made of), "
    + "\(fewestSeeds) seeds are enough from \(enoughTasks) tasks on, which lend each other their spread; with fewer tasks that "
    + "can be tested it says \"\(fewestSeeds) seeds and fewer than \(enoughTasks) tasks\", has neither interval nor verdict, "
    + "and takes a \(fewestSeeds + 1)th seed. Verdicts of few seeds are held to 80 or 90 % of the level."

  var name: String {
    switch self {
    case .sum: "sum"
    case .moderated: "moderated"
    case .none: ""
    }
  }

  /// What the family's level is multiplied by.
  var share: Double {
    switch self {
    case .sum(let share), .moderated(let share): share
    case .none: 1
    }
  }

  /// V and ν of each cell; nil where no rule holds.
  func variances(_ cells: [MeasuredCell]) -> [Satterthwaite.Part?] {
    switch self {
    case .none: return cells.map { _ in nil }
    case .sum: return cells.map { $0.contrast?.variance(.sum) }
    case .moderated:
      // Scaled by each task's own variance of items, so that no metric's unit moves another's interval.
      let all = cells.flatMap { cell in
        cell.seedVariances.map { ($0.variance / cell.scale, Double($0.seeds - 1)) }
      }
      let moderated = ModeratedVariance(all.map(\.0), degrees: all.map(\.1), form: .conservative)
      var next = 0
      return cells.map { cell in
        guard let contrast = cell.contrast else { return nil }
        let parts = cell.seedVariances.map { own -> Satterthwaite.Part in
          defer { next += 1 }
          return Satterthwaite.Part(
            moderated.variances[next] * cell.scale / Double(own.seeds), degrees: moderated.degrees[next])
        }
        return contrast.variance(cell.hasOneSeedVariance ? .sum : .largest, seedParts: parts)
      }
    }
  }
}
