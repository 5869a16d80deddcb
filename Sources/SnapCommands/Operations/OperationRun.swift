internal import ArgumentParser
internal import SnapEngine
internal import SnapSystem

/// A command line that begins with a verb of EC2, and its run as the AWS command line would run it.
struct OperationRun {
    /// The AWS command line's own, for scripts that look at them.
    enum Status {
        static let success: Int32 = 0
        /// The command line was not understood, or its parameters are not of the right form.
        static let usage: Int32 = 252
        /// The operation answered with an error.
        static let serviceError: Int32 = 254
    }

    /// What a run has come to: everything that is printed, and the status.
    struct Ending {
        var status = Status.success
        /// For standard error.
        var line: String?
    }

    let operation: Operation
    let words: [String]

    /// nil where the words name no operation. `ec2` may stand before the verb, `help` before or after it.
    init?(_ words: [String]) {
        var rest = words[...]
        let asksForHelp = rest.first == "help"
        if asksForHelp { rest.removeFirst() }
        if rest.first == OperationTable.serviceName { rest.removeFirst() }
        guard let verb = rest.popFirst(), let operation = OperationTable[verb] else { return nil }
        self.operation = operation
        self.words = asksForHelp ? ["--help"] : Array(rest)
    }

    /// Prints the answer on `output`.
    func run(printingOn stream: StandardStream = .output) -> Ending {
        do {
            let words = try OperationWords(words, of: operation)
            let output = OutputBuffer(to: stream)
            if words.wantsHelp {
                output.append(OperationHelp.text(of: operation))
            } else if let kind = words.skeleton {
                try writeSkeleton(kind, to: output)
            } else {
                try perform(words, output)
            }
            try output.finish()
            return Ending()
        } catch let usage as OperationUsage {
            return Ending(
                status: Status.usage,
                line: "snapctl: error: \(usage.message)\nSee 'snapctl \(operation.verb) --help'")
        } catch let error as EngineError {
            return Ending(status: Status.serviceError, line: ErrorTable.line(for: error, of: operation.name))
        } catch {
            return Ending(status: ErrorTable.outputFailed.exitStatus, line: "snapctl: error: \(error)")
        }
    }

    private func perform(_ words: OperationWords, _ output: OutputBuffer) throws {
        let input = try words.input(of: operation)
        try input.checkSupported(by: operation.input)
        let performed = try operation.perform(input, words.own)
        guard let answer = performed.answer, let shape = operation.output else { return }
        LimitedAnswer(answer: answer, shape: shape).write(
            as: performed.format, to: output, style: .forStream(.output),
            columnCount: StandardStream.output.columnCount)
    }

    private func writeSkeleton(_ kind: String, to output: OutputBuffer) throws(OperationUsage) {
        var writer = JSONWriter(to: output)
        switch kind {
        case "input": writer.write(Skeleton.input(of: operation.input))
        case "output": writer.write(Skeleton.output(of: operation.output ?? StructureShape([])))
        default:
            throw OperationUsage(
                "argument --generate-cli-skeleton: invalid choice: '\(kind)' (choose from input, output)")
        }
    }
}

/// An answer with those fields only that the output of an operation has.
struct LimitedAnswer: Answer {
    let answer: any Answer
    let shape: StructureShape

    var value: OutputValue { answer.value.limited(to: .structure(shape)) }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        answer.writeTable(to: output, style: style, columnCount: columnCount)
    }
}

extension OutputValue {
    fileprivate func limited(to shape: Shape) -> OutputValue {
        switch (self, shape) {
        case (.record(let fields), .structure(let structure)):
            return .record(
                fields.compactMap { field in
                    structure[field.name].map { OutputField(field.name, field.value.limited(to: $0.shape)) }
                })
        case (.list(let values), .list(let element)): return .list(values.map { $0.limited(to: element) })
        case (.listing(let count, let element), .list(let shape)):
            return .listing(count: count) { element($0).limited(to: shape) }
        default: return self
        }
    }
}
