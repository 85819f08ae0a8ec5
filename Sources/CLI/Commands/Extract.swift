import Adapters
import ArgumentParser
import Basics
import Checkpoints
import Foundation
import Merging
import Models
import Recipes
import Terminal

/// Takes an adapter out of a fine-tuned model.
struct Extract: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Cuts what a fine-tuning of all weights changed to a LoRA adapter.",
    discussion: """
      The change of every linear layer is cut to its largest singular directions: at most --rank of them, and no more \
      than --energy needs. What else the fine-tuning changed or added (embeddings, norms, biases, convolutions, heads) \
      is no part of an adapter: the command says how much that is, and asks for --leave-rest.
      """)

  @Argument(help: "The base: a folder, or a name in the cache.")
  var base: String

  @Argument(help: "The folder of the fine-tuned model.", transform: { UserPath.expanded($0) })
  var tuned: String

  @Argument(help: "The folder of the adapter.", transform: { UserPath.expanded($0) })
  var output: String

  @Option(help: "The largest rank of a layer; 0: any.")
  var rank = 16

  @Option(help: "The share of the squared norm of a layer's change to keep, where the rank allows it.")
  var energy = 1.0

  @Flag(help: "Leaves out what is changed outside linear layers.")
  var leaveRest = false

  func validate() throws {
    if rank < 0 { throw ValidationError("the rank must be a whole number from 0") }
    if !(0...1).contains(energy) { throw ValidationError("the energy must be a number in 0…1") }
  }

  func run() throws {
    let environment = ProcessInfo.processInfo.environment
    let folder = try BaseLocator.resolve(base, relativeTo: ".", environment: environment)
    if let names = try? FileManager.default.contentsOfDirectory(atPath: output), !names.isEmpty {
      throw Diagnostic(
        "the output folder is not empty", at: Place(file: output), hint: "name another one")
    }
    let found = try AdapterExtractor.extract(
      base: NetworkFamilies.checkpoint(folder: folder), tuned: NetworkFamilies.checkpoint(folder: tuned),
      rank: rank, energy: energy,
      isFanInFanOut: try ModelFamily.keepsInputsFirst(folder: folder))
    try checkRest(found)
    var adapter = found.adapter
    adapter.baseModel = base
    try PEFTAdapter.write(adapter, to: output, layers: found.layers)
    let energies = found.sites.map(\.retainedEnergy)
    let mean = energies.reduce(0, +) / Double(max(1, energies.count))
    Console.print(
      """
      \(found.sites.count) of \(found.layers.count) linear layers changed: rank up to \
      \(found.sites.map(\.rank).max() ?? 0)
      retained energy: mean \(rounded(mean, 4)), least \(rounded(energies.min() ?? 1, 4))
      written: \(output)/adapter_config.json, adapter_model.safetensors
      """)
    if !found.rest.isEmpty { Console.print("left out: \(rest(found))") }
  }

  private func checkRest(_ found: AdapterExtractor.Extraction) throws {
    guard !leaveRest, !found.rest.isEmpty else { return }
    throw Diagnostic(
      "the fine-tuned model also changed \(rest(found))", at: Place(file: tuned),
      hint: "an adapter of linear layers cannot hold these: add --leave-rest to do without them")
  }

  /// The tensors outside linear layers, the most changed first.
  private func rest(_ found: AdapterExtractor.Extraction) -> String {
    let order = found.rest.sorted { ($1.norm ?? 0, $0.name) < ($0.norm ?? 0, $1.name) }
    let named = order.prefix(3).map { name, norm in
      "\(name) (\(norm.map { "by \(rounded($0, 4))" } ?? "whole numbers"))"
    }.joined(separator: ", ")
    let count = order.count
    return "\(count) \(count == 1 ? "tensor" : "tensors") outside linear layers: \(named)"
      + (count > 3 ? " and \(count - 3) more" : "")
  }
}
