internal import Basics
internal import Language
public import Results
internal import Specs

/// An experiment as its manifest describes it, read and checked against itself, but not yet against the world.
public struct Manifest: Sendable {
  /// The file, for messages.
  public let path: String
  /// The experiment's name and its folder under `Results`.
  public let name: String
  /// The question that is asked; may be empty.
  public let title: String
  /// The folder of the datasets, as the program can open it.
  public let dataRoot: String
  /// One training of everything for each.
  public let seeds: [Int]
  /// What differs from seed to seed.
  public let varies: Set<Variation>
  let source: SourceText
  let base: Base
  let tasks: [Task]
  let cocktails: [Cocktail]
  var points: [GridPoint]
  /// The budgets under which everything is trained; one without a name where the manifest has no arms.
  let arms: [Arm]
  /// Nil where nothing is tried.
  let tuning: Tuning?
  /// Whether training.max_tokens stands there, as opposed to its default.
  let setsMaxTokens: Bool
  let targetsPlace: Place
  /// Where bf16 is asked for; nil where it is not.
  let bfloatPlace: Place?
  /// Whether the manifest says on which layers adapters sit; where not, the base's family decides.
  let saysTargets: Bool
  let merges: [Merge]
  let evaluate: Evaluate
  /// How the budget was set, in words.
  let budget: String
  /// Differences within it count as equal; nil where the manifest sets none.
  let margin: Double?

  /// The arm of a grid point.
  func arm(of point: Int) -> Arm { arms[points[point].arm] }

  /// What is tried for every model alike, on seeds that train nothing else.
  struct Tuning: Sendable {
    var seeds: [Int]
    /// Indices of cocktails that the other seeds train whatever is chosen.
    var reported: Set<Int>
  }

  /// The base model.
  enum Base: Sendable {
    case named(String, Place)
    case pretrained(PretrainSpec, Place)
  }

  /// A task whose files have not been looked at.
  struct Task: Sendable {
    /// Everything but the hashes of files.
    var spec: TaskSpec
    var data: DataPlace
    var families: [String]
    var place: Place
    var name: String { spec.name }
  }

  /// Where a task's examples are said to be.
  enum DataPlace: Sendable {
    case folder(String, Place)
    case files([Split: LocatedPath])
    case generated(Place)
  }

  /// A path with the place that names it.
  struct LocatedPath: Sendable {
    var path: String
    var place: Place
  }

  /// A set of tasks that is trained together.
  struct Cocktail: Sendable {
    /// `fpb`, `all`, `all-but-fpb`, `fpb+fomc` or a given name, with a grid of its own behind it.
    var name: String
    /// In the manifest's order.
    var tasks: [String]
    /// Nil follows the common rule.
    var sampling: SamplingSpec?
    /// False where only a merge asks for it.
    var isListed: Bool
    var place: Place

    /// One task alone: a single model.
    var isSingle: Bool { tasks.count == 1 }
    /// The name in the tables.
    var model: String { (isSingle ? "single:" : "cocktail:") + name }
  }

  /// A budget, and what is trained under it.
  struct Arm: Sendable {
    /// `budget.steps=800`, or `budget.arm=long` where it has a name; empty where there is one budget.
    var words = ""
    /// Nil where the grid of the budget says it.
    var budget: BudgetSpec?
    /// Indices of cocktails; nil for all.
    var cocktails: Set<Int>?
    var hasMerges = true
  }

  /// One cell of the training grids.
  struct GridPoint: Sendable {
    /// The place of its budget among the arms.
    var arm: Int
    /// `adapter.rank=4,training.learning_rate=0.001`; empty where there is no grid.
    var settings: String
    /// The part of it that the evaluation of the base depends on.
    var evaluationSettings: String
    /// `training.learning_rate=0.001`: what `tune` tries here; empty where it tries nothing.
    var tuned: String
    /// The head of all tasks; nil where each has its own.
    var head: HeadKind?
    var adapter: AdapterSpec
    var training: TrainingSpec
    var budget: BudgetSpec
    var sampling: SamplingSpec
  }

  /// One way to merge one list of models.
  struct Merge: Sendable {
    /// `merge:ties(density=0.2)`.
    var model: String
    /// The grid that it is a point of: `merge:ties`; nil where it stands alone.
    var grid: String?
    var method: String
    /// What was set, in words: `density=0.2`; empty for a method without parameters.
    var words: String
    var parameters: [String: ParameterValue]
    /// Indices of cocktails.
    var inputs: [Int]
    var weights: [Double]
    /// What a search tries.
    var over: [SearchRange] = []
    /// What its method asks for under these parameters.
    var demands = MergeDemands()
    var place: Place

    /// How often the inputs are trained and merged by turns; nil where that is not what is done.
    var rounds: MergeDemands.Setting<Int>? {
      guard case .rounds(let rounds) = demands.trained?.how else { return nil }
      return rounds
    }
  }

  /// Which models are evaluated on what.
  struct Evaluate: Sendable {
    enum Tasks: Sendable, Equatable {
      case all
      case own
      case listed([String])
    }

    var tasks: Tasks
    var splits: [Split]
    /// Whether of a merge's grid only the point that validation prefers is tested.
    var testsChosenOnly: Bool
    /// What products with frozen weights read.
    var precision: Precision
    /// Whether what can be had without training a model stands beside the models.
    var hasFloors: Bool
  }
}
