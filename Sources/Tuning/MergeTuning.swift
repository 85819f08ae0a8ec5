package import Adapters
package import Basics
package import Merging
internal import Models
internal import Outlines
package import Specs
package import Training

/// A merge that is tuned: its models, and the rows on which they are tried.
package struct MergeTuning {
  /// What is asked for.
  package let job: TuneJob
  /// The row that tunes.
  package let method: MergeMethod
  /// Its parameters, defaults filled in.
  package let parameters: Parameters
  /// What it asks for with them.
  package let asked: MergeDemands.Tuning
  /// The base.
  package let base: BaseModel
  /// The models, in the order of the job's inputs.
  package let adapters: [Adapter]
  /// The rows, task by task.
  package var tasks: [CoefficientTask]

  /// Joins the parts.
  package init(
    job: TuneJob, method: MergeMethod, parameters: Parameters, asked: MergeDemands.Tuning, base: BaseModel,
    adapters: [Adapter], tasks: [CoefficientTask]
  ) {
    self.asked = asked
    self.job = job
    self.method = method
    self.parameters = parameters
    self.base = base
    self.adapters = adapters
    self.tasks = tasks
  }

  /// What a model is called in tables: the tasks whose expert it is, or its place.
  package func name(ofModel index: Int) -> String {
    let tasks = job.tasks.filter { $0.expert == index }.map(\.task.name)
    return tasks.isEmpty ? "\(index + 1)" : tasks.joined(separator: "+")
  }

  /// The lowest block that any of the models changes.
  package var lowestLayer: Int {
    let changed = base.network.outline.layers.filter { site in adapters.contains { $0.site(site.path) != nil }
    }
    return changed.lowestBlock
  }

  /// Rows that may be read.
  package var rows: Int { tasks.reduce(0) { $0 + $1.examples.count } }
}
