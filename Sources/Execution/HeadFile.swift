internal import Basics
internal import Checkpoints
public import Foundation
internal import LinearAlgebra
internal import Models
public import Specs
public import Training

/// Linear heads beside an adapter: `heads.safetensors` with `<task>.weight` (k, C) and `<task>.bias` (k).
public enum HeadFile {
  private static let name = "heads.safetensors"

  /// Writes the linear heads; without any there is no file.
  public static func write(_ heads: [TaskHead], to folder: URL) throws {
    var tensors: [NamedTensor] = []
    for head in heads {
      guard case .linear(let weight, let bias) = head.head else { continue }
      tensors.append(NamedTensor("\(head.task.name).weight", weight))
      tensors.append(NamedTensor("\(head.task.name).bias", shape: [bias.columns], bias))
    }
    if tensors.isEmpty { return }
    try SafeTensorsWriter.write(tensors, to: folder.appendingPathComponent(name).path)
  }

  /// Reads a task's head from a training job's folder.
  public static func read(_ folder: URL, task: TaskSpec) throws -> TaskHead {
    let file = try SafeTensorsFile(path: folder.appendingPathComponent(name).path)
    let weight = try file.matrix("\(task.name).weight")
    let bias = try file.floats("\(task.name).bias")
    return TaskHead(
      task: task, head: .linear(weight: weight, bias: Matrix(rows: 1, columns: bias.count, values: bias)))
  }
}
