import Basics
import Execution
import Foundation
import LinearAlgebra
import Models
import Specs
import Tasks
import TestSupport
import Testing
import Training

@Suite struct HeadFileTests {
  private func task(_ name: String, _ labels: Int, head: HeadKind = .linear) -> TaskSpec {
    TaskSpec(
      name: name, kind: .classification, source: .files([:]),
      labels: (0..<labels).map { LabelSpec(name: "\($0)", description: "\($0)") }, metrics: ["accuracy"],
      head: head)
  }

  private func linear(_ task: TaskSpec, seed: Int) -> TaskHead {
    let k = task.labels.count
    let flat = Matrix(rows: 1, columns: k * 6)
    let head = Head.linear(outputs: k, channels: 5, over: flat, stream: RandomStream(seed: seed, "head"))
    if case .linear(_, let bias) = head { bias.fill(Float(seed) + 0.5) }
    return TaskHead(task: task, head: head)
  }

  @Test func `linear heads are read back bit for bit, each by its task`() throws {
    let scratch = try Scratch()
    let heads = [
      linear(task("fpb", 3), seed: 1), linear(task("a/b c", 2), seed: 2), linear(task("one", 1), seed: 3),
    ]
    let frozen = TaskHead(
      task: task("frozen", 2, head: .labels), head: .cosine(labels: Matrix(rows: 2, columns: 5), scale: 20))
    try HeadFile.write(heads + [frozen], to: scratch.url)
    for head in heads {
      let read = try HeadFile.read(scratch.url, task: head.task)
      guard case .linear(let weight, let bias) = read.head, case .linear(let w, let b) = head.head else {
        Issue.record("no linear head")
        continue
      }
      #expect(weight.rows == w.rows && weight.columns == w.columns)
      #expect(weight.values == w.values)
      #expect(bias.values == b.values)
    }
    #expect(throws: Diagnostic.self) { try HeadFile.read(scratch.url, task: frozen.task) }
  }

  @Test func `label heads alone leave no file`() throws {
    let scratch = try Scratch()
    let frozen = TaskHead(
      task: task("frozen", 2, head: .labels), head: .cosine(labels: Matrix(rows: 2, columns: 5), scale: 20))
    try HeadFile.write([frozen], to: scratch.url)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty)
  }
}
