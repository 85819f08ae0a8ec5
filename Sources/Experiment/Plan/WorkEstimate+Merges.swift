internal import Basics
internal import Outlines
internal import Specs

/// Merges, and what is measured or learned for them.
extension WorkEstimate {
  /// Some operations for every weight that the adapters touch, between what low-rank and element-wise methods need: the
  /// numbers fit the merges of the finance sweep and of the quickstart.
  func merge(inputs: Int, _ adapter: AdapterSpec) -> JobWork {
    let layers = self.layers(adapter)
    let weights = Double(layers.weights)
    let rank = Double(inputs * adapter.rank)
    return JobWork(
      flops: 10 * rank * weights, elements: 3 * Double(inputs) * weights,
      memory: MemoryEstimate.process + 4 * Double(inputs + 1) * Double(layers.factors(rank: adapter.rank)),
      disk: 4 * Double(inputs) * Double(layers.factors(rank: adapter.rank)) + Self.blocks(files: 5))
  }

  /// A merge whose gate or correction sees rows of each task of each input: forward, at three times the speed that merges
  /// are expected to reach.
  func routedMerge(_ merge: JobWork, _ inputs: [[TaskData]], rows: Int, maxTokens: Int) -> JobWork {
    var work = merge
    for task in inputs.joined() {
      var texts = texts(task, .train, maxTokens: maxTokens)
      texts.rows = min(texts.rows, Double(rows))
      let there = forward(texts)
      work.flops += there.flops / 3
      work.elements += there.elements / 3
      work.rows += texts.rows
    }
    work.memory +=
      MemoryEstimate.base(outline, held)
      + MemoryEstimate.block(outline, tokens: Double(WorkLimits.evaluationTokens), row: 128, .float32)
    return work
  }

  /// Steps forward and backward through the merged encoder, or trials that merge and read all rows, and a pass over them
  /// before and after.
  ///
  /// - Parameter asked: What the job's method asks for.
  func tuning(
    _ asked: MergeDemands.Tuning, _ job: TuneJob, _ tasks: [TaskData], _ adapter: AdapterSpec
  ) -> JobWork {
    let layers = self.layers(adapter)
    let lowest = layers.lowestBlock
    let folding = folding(layers, rank: job.inputs.count * adapter.rank)
    let (steps, batch, trials, fullMatrices) =
      switch asked.effort {
      case .learned(let learning):
        (Double(learning.steps), Double(learning.batch), 2.0, learning.fullMatrices)
      case .searched(let search): (0.0, 0.0, Double(search.trials), 0)
      }
    let merging = merge(inputs: job.inputs.count, adapter)
    var work = JobWork(
      flops: trials * (merging.flops + folding.flops) + steps * folding.flops,
      elements: trials * (merging.elements + folding.elements) + steps * folding.elements)
    var (longest, fullest) = (0.0, 0.0)
    for task in tasks {
      var all = texts(task, asked.split.split, maxTokens: job.maxTokens)
      if asked.rows > 0 { all.rows = min(all.rows, Double(asked.rows)) }
      let whole = forward(all)
      all.rows = steps * min(batch, all.rows)
      let (there, back) = (forward(all), backward(all, lowest: lowest))
      work.flops += trials * whole.flops + there.flops + back.flops
      work.elements += trials * whole.elements + there.elements + back.elements
      work.rows += trials * whole.rows + all.rows
      longest = max(longest, all.meanSquare / max(1, all.mean))
      fullest += max(batch * all.mean, Double(WorkLimits.partTokens))
    }
    work.memory =
      MemoryEstimate.base(outline, held) + 2 * outline.foldedBytes(layers)
      + MemoryEstimate.tape(outline, tokens: fullest, row: longest, lowest: lowest, .float32) + merging.memory
    if fullMatrices > 0 {
      let weights = Double(layers.weights)
      work.memory += 4 * weights * Double(job.inputs.count + fullMatrices)
    }
    work.disk = merging.disk + 75 * steps + 60 * trials
    return work
  }

  /// The Gram matrices of the layers' inputs, or the Fisher information of their weights, over rows of each task.
  ///
  /// Forward, and T·in² for the Gram matrix of every distinct input; for Fisher a backward pass for each label that is
  /// gone through, with 2·T·out·in for the gradients of single rows and two passes over each of these.
  func statistics(_ tasks: [TaskData], _ job: StatisticsJob, _ adapter: AdapterSpec) -> JobWork {
    let layers = self.layers(adapter)
    let lowest = layers.lowestBlock
    let weights = Double(layers.weights)
    var work = folding(layers, rank: adapter.rank)
    var (numbers, held) = (inputSquares(layers), 0.0)
    for task in tasks {
      var texts = texts(task, job.split, maxTokens: job.maxTokens)
      texts.rows = min(texts.rows, Double(job.rows))
      let there = forward(texts)
      work.flops += there.flops
      work.elements += there.elements
      work.rows += texts.rows
      let row = texts.meanSquare / max(1, texts.mean)
      switch job.what {
      case .inputGrams:
        work.flops += texts.rows * texts.mean * numbers
        held = MemoryEstimate.block(outline, tokens: Double(WorkLimits.evaluationTokens), row: row, .float32)
      case .fisher(let labels, _):
        numbers = weights
        let passes = Double(vocabulary.kind(task.spec.kind).readout(task.spec).passes(labels))
        let back = backward(texts, lowest: lowest)
        work.flops += passes * (back.flops + texts.rows * texts.mean * 2 * weights)
        work.elements += passes * (back.elements + 2 * texts.rows * weights)
        held = MemoryEstimate.tape(
          outline, tokens: Double(WorkLimits.partTokens), row: row, lowest: lowest, .float32)
      }
    }
    // The sums, and those of a batch.
    work.memory = MemoryEstimate.base(outline, self.held) + outline.foldedBytes(layers) + held + 8 * numbers
    work.disk = 4 * numbers + Self.blocks(files: 5)
    return work
  }

  /// A merge that reads Gram matrices, with 4·in³/3 FLOPs and some passes for each layer, or the information of every
  /// weight; what it reads is mapped and counts as held.
  func measuredMerge(
    _ merge: JobWork, inputs: Int, _ evidence: MergeEvidence, _ adapter: AdapterSpec
  ) -> JobWork {
    var work = merge
    let layers = self.layers(adapter)
    let largest = layers.map { Double($0.in) * Double(max($0.in, $0.out)) }.max() ?? 0
    work.memory += 32 * largest
    if evidence == .fisher {
      work.memory += 4 * Double(inputs) * Double(layers.weights)
      return work
    }
    for layer in layers {
      let width = Double(layer.in)
      work.flops += (4 / 3 * width + 4 * Double(inputs * adapter.rank)) * width * width
      work.elements += Double(inputs) * width * width
    }
    if evidence == .inputGrams { work.memory += 4 * Double(inputs) * inputSquares(layers) }
    return work
  }

  /// A merge that measures inputs block by block: every model's rows pass each block twice, and their Gram matrices.
  func mergeByBlocks(
    _ merge: JobWork, _ inputs: [[TaskData]], rows: Int, maxTokens: Int, _ adapter: AdapterSpec
  ) -> JobWork {
    var work = merge
    let layers = self.layers(adapter)
    var states = 0.0
    for task in inputs.joined() {
      var texts = texts(task, .train, maxTokens: maxTokens)
      texts.rows = min(texts.rows, Double(rows))
      let there = forward(texts)
      // A pass through the model runs at three times the speed that merges are expected to reach.
      work.flops += (2 * there.flops + texts.rows * texts.mean * inputSquares(layers)) / 3
      work.elements += 2 * there.elements / 3
      work.rows += texts.rows
      states += Double(4 * outline.width) * texts.rows * texts.mean
    }
    let block = MemoryEstimate.block(outline, tokens: Double(WorkLimits.evaluationTokens), row: 128, .float32)
    work.memory += MemoryEstimate.base(outline, held) + outline.foldedBytes(layers) + states + block
    return work
  }

  /// Σ in² over the distinct inputs of layers.
  private func inputSquares(_ layers: [LinearLayer]) -> Double {
    layers.readers.reduce(0) { $0 + Double($1.in) * Double($1.in) }
  }
}
