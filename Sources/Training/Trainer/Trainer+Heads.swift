internal import Basics
internal import LinearAlgebra
internal import Models
internal import Outlines
internal import Specs

extension Trainer {
  /// Heads in the order of the tasks; linear ones lie end to end in one block.
  static func makeHeads(
    _ base: BaseModel, _ tasks: [TrainingTask], _ job: TrainJob, _ trained: [TaskHead],
    _ stream: RandomStream, _ workspace: Workspace
  ) -> ([TaskHead], Storage) {
    let C = base.network.outline.width
    func size(_ task: TaskSpec) -> Int { task.head == .linear ? TaskHead.outputs(task) * (C + 1) : 0 }
    let storage = Storage(count: tasks.reduce(0) { $0 + size($1.task) })
    let flat = storage.flat
    var offset = 0
    let heads = tasks.map { task -> TaskHead in
      if task.task.head != .linear {
        let head = base.frozenHead(task.task, scale: job.training.labelScale, workspace: workspace)
        return TaskHead(task: task.task, head: head)
      }
      let range = offset..<offset + size(task.task)
      offset = range.upperBound
      let head = Head.linear(
        outputs: TaskHead.outputs(task.task), channels: C, over: flat.columns(range),
        stream: stream.stream("head", task.task.name))
      if let before = trained.first(where: { $0.task.name == task.task.name }) {
        head.copy(from: before.head)
      }
      return TaskHead(task: task.task, head: head)
    }
    return (heads, storage)
  }
}
