// Search runs in a worker, and browsers refuse workers of pages that no server sent.
// There, a hidden frame runs the same script: a page from a folder has a search, too.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.documentElement.append(this.frame);
      const inside = this.frame.contentWindow;
      // In a worker, postMessage sends to the page.
      inside.postMessage = (data) => setTimeout(() => this.said("message", { data }));
      const script = inside.document.createElement("script");
      this.ready = new Promise((resolve) => {
        script.onload = resolve;
        script.onerror = () => this.said("error", {});
      });
      script.src = url;
      inside.document.head.append(script);
    }

    said(type, values) {
      const event = new MessageEvent(type, values);
      this[`on${type}`]?.(event);
      this.dispatchEvent(event);
    }

    async postMessage(data) {
      await this.ready;
      this.frame.contentWindow?.dispatchEvent(new MessageEvent("message", { data }));
    }

    terminate() {
      this.frame.remove();
    }
  };
}
